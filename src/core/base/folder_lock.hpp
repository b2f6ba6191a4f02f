#pragma once

#include <filesystem>

namespace digon {

/// The right to write to a folder, held by one process at a time: folder/.NAME.lock, locked as long as this
/// lives and with the process and host of its owner in it. A lock whose owner has died is none: the system
/// lets go of it. Where the file system has no locks, nothing is held.
class FolderLock {
 public:
  enum class IfTaken { refuse, wait };

  /// The folder must be there. Throws InputError that names the owner where the lock is another process's and
  /// is not waited for, and Interrupted where a signal ends the wait.
  FolderLock(const std::filesystem::path& folder, const char* name, IfTaken if_taken);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace digon
