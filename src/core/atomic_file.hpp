#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace digon {

/// Writes a whole file or nothing: beside the target, fsync, rename. Makes the parent folders.
/// Throws InputError naming the path and the system's reason.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The whole file; throws InputError naming the path if it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace digon
