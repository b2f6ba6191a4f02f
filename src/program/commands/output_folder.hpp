#pragma once

#include <filesystem>
#include <memory>

#include "core/base/folder_lock.hpp"
#include "program/commands/command_line.hpp"

namespace digon {

/// --wait, of a command that writes to a folder.
void declare_wait(CommandLine& line);

/// Makes the folder where it is missing, holds the right to write there, and clears away what a killed
/// process left half written: another process at work in it is waited for with --wait. Throws InputError
/// where it cannot be written to or, without --wait, is taken.
std::unique_ptr<FolderLock> claim_folder(const CommandLine& line, const std::filesystem::path& folder);

/// The same of one file of it alone, whose writers have a lock of that name; the rest is left to others.
std::unique_ptr<FolderLock> claim_part(const CommandLine& line, const std::filesystem::path& folder,
                                       const char* name);

/// The same as claim_folder of --out, where it is given; else nothing.
std::unique_ptr<FolderLock> claim_out(const CommandLine& line);

}  // namespace digon
