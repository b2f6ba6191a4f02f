#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace digon {

/// Writes a whole file or nothing: beside the target, fsync, rename. Makes the parent folders.
/// Throws InputError naming the path and the system's reason; std::runtime_error where the disk is full or
/// fails.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Makes the folder and its parents where they are missing. Throws InputError where that cannot be, or the
/// folder cannot be written to: call it before long work whose results go there.
void require_folder(const std::filesystem::path& folder);

/// Whether the disk of a folder has hardly a byte left; false where that cannot be known. Programs and
/// libraries that write there say less of it.
bool is_disk_full(const std::filesystem::path& folder);

/// Removes what killed processes left of files they were at, .NAME.….unfinished, in a folder and those in it.
/// No other process may be at work there.
void remove_unfinished(const std::filesystem::path& folder);

/// The whole file; throws InputError naming the path if it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace digon
