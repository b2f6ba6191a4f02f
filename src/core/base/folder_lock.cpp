#include "core/base/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"

namespace digon {
namespace {

constexpr auto asked_every = std::chrono::milliseconds(50);

/// "process 1234 on node7".
std::string this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("process {} on {}", ::getpid(), host.data());
}

std::string owner_in(int descriptor) {
  std::array<char, 300> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), std::size_t(size)) : "another process";
}

/// Whether the open file is still the one of that name: its last owner may have removed it.
bool is_file_at(int descriptor, const std::filesystem::path& path) {
  struct stat open = {};
  struct stat named = {};
  return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

enum class Lock { held, taken, unknown_here };

Lock try_lock(int descriptor) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return Lock::held;
  return errno == EWOULDBLOCK || errno == EINTR ? Lock::taken : Lock::unknown_here;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder, const char* name, IfTaken if_taken)
    : path_(folder / fmt::format(".{}.lock", name)) {
  for (bool said = false;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
      reject("{}: cannot be written to: {}", folder.string(), std::generic_category().message(errno));
    }
    const Lock lock = try_lock(descriptor_);
    if (lock == Lock::unknown_here) return;
    if (lock == Lock::held && is_file_at(descriptor_, path_)) break;
    const std::string owner = owner_in(descriptor_);
    ::close(descriptor_);
    descriptor_ = -1;
    if (lock == Lock::held) continue;
    if (if_taken == IfTaken::refuse) {
      reject("{}: {} is at work there; accepted: another folder, or --wait until it is done", folder.string(),
             owner);
    }
    if (!said) fmt::print(stderr, "digon: waiting for {}, which is at work in {}\n", owner, folder.string());
    said = true;
    throw_if_interrupted();
    std::this_thread::sleep_for(asked_every);
  }
  const std::string owner = this_process();
  // Whose it is is for a message alone: a full disk is no reason to stop here.
  if (::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, owner.data(), owner.size(), 0) < 0) errno = 0;
}

FolderLock::~FolderLock() {
  if (descriptor_ < 0) return;
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace digon
