#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace digon {

/// A file that a training leaves in its folder and is there, finished or not; nothing where there is none.
std::optional<std::string> find_training_file(const std::filesystem::path& folder);

/// Whether a training in the folder can be gone on with.
bool has_checkpoint(const std::filesystem::path& folder);

/// Removes all that a training leaves: nothing of an older one stays beside the new.
void clear_training(const std::filesystem::path& folder);

}  // namespace digon
