#include "core/base/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

std::string last_system_error() {
  return std::generic_category().message(errno);
}

/// A file descriptor that is closed and, until `keep`, whose file is removed when it goes out of scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path_template) : path_(std::move(path_template)) {
    descriptor_ = ::mkostemp(path_.data(), O_CLOEXEC);
    if (descriptor_ < 0) reject("{}: cannot be written: {}", path_, last_system_error());
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
      if (written < 0) reject("{}: cannot be written: {}", path_, last_system_error());
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rename_to(const std::filesystem::path& target) {
    // mkstemp gives 0600; a result is for whoever the umask allows.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(descriptor_, 0666 & ~mask) != 0 || ::fsync(descriptor_) != 0 ||
        ::rename(path_.c_str(), target.c_str()) != 0) {
      reject("{}: cannot be written: {}", target.string(), last_system_error());
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
