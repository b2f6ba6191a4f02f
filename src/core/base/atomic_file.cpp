#include "core/base/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"

namespace digon {
namespace {

constexpr std::string_view unfinished_ending = ".unfinished";

std::string last_system_error() {
  return std::generic_category().message(errno);
}

/// Throws that a path cannot be written: what the user gave is wrong, unless the disk is full or fails.
[[noreturn]] void fail_to_write(const std::string& path) {
  const int error = errno;
  const std::string message = fmt::format("{}: cannot be written: {}", path, last_system_error());
  if (error == ENOSPC || error == EDQUOT || error == EIO || error == EFBIG) throw std::runtime_error(message);
  throw InputError(message);
}

/// A file descriptor that is closed and, until `keep`, whose file is removed when it goes out of scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path_template) : path_(std::move(path_template)) {
    path_ += unfinished_ending;
    descriptor_ = ::mkostemps(path_.data(), int(unfinished_ending.size()), O_CLOEXEC);
    if (descriptor_ < 0) fail_to_write(path_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    ::close(descriptor_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_to_write(path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rename_to(const std::filesystem::path& target) {
    // mkstemp gives 0600; a result is for whoever the umask allows.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(descriptor_, 0666 & ~mask) != 0 || ::fsync(descriptor_) != 0 ||
        ::rename(path_.c_str(), target.c_str()) != 0) {
      fail_to_write(target.string());
    }
    path_.clear();
  }

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  require_folder(folder);
  const MustFinish whole;
  TemporaryFile file((folder / ("." + path.filename().string() + ".XXXXXX")).string());
  file.write(bytes);
  file.rename_to(path);
}

void require_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) reject("{}: cannot make the folder: {}", folder.string(), error.message());
  if (::access(folder.c_str(), W_OK) != 0)
    reject("{}: cannot be written to: {}", folder.string(), last_system_error());
}

bool is_disk_full(const std::filesystem::path& folder) {
  constexpr std::uintmax_t least_room = 1U << 16;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder.empty() ? "." : folder, error);
  return !error && space.available < least_room;
}

void remove_unfinished(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> left;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && name.ends_with(unfinished_ending)) left.push_back(entry.path());
  }
  for (const std::filesystem::path& path : left) std::filesystem::remove(path, error);
}

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) reject("{}: is a folder, not a file", path.string());
  std::ifstream in(path, std::ios::binary);
  if (!in) reject("{}: cannot be read: {}", path.string(), last_system_error());
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return std::move(bytes).str();
}

}  // namespace digon
