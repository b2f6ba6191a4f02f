#include "program/commands/output_folder.hpp"

#include <string_view>

#include "core/base/atomic_file.hpp"

namespace digon {
namespace {

/// The lock of all of a folder.
constexpr const char* whole_folder = "digon";

std::unique_ptr<FolderLock> claim(const CommandLine& line, const std::filesystem::path& folder,
                                  const char* name) {
  require_folder(folder);
  auto lock = std::make_unique<FolderLock>(
      folder, name, line.has("wait") ? FolderLock::IfTaken::wait : FolderLock::IfTaken::refuse);
  if (std::string_view(name) == whole_folder) remove_unfinished(folder);
  return lock;
}

}  // namespace

void declare_wait(CommandLine& line) {
  line.flag("wait", "where another digon is at work in the folder, wait until it is done");
}

std::unique_ptr<FolderLock> claim_folder(const CommandLine& line, const std::filesystem::path& folder) {
  return claim(line, folder, whole_folder);
}

std::unique_ptr<FolderLock> claim_part(const CommandLine& line, const std::filesystem::path& folder,
                                       const char* name) {
  return claim(line, folder, name);
}

std::unique_ptr<FolderLock> claim_out(const CommandLine& line) {
  return line.has("out") ? claim(line, line.text("out"), whole_folder) : nullptr;
}

}  // namespace digon
