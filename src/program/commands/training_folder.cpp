#include "program/commands/training_folder.hpp"

#include <array>

namespace digon {
namespace {

constexpr const char* checkpoint_file = "checkpoint.safetensors";
constexpr std::array training_files{"weights.safetensors",   "run.json",      "losses.csv",
                                    "snapshots.safetensors", "snapshots.csv", checkpoint_file};

}  // namespace

std::optional<std::string> find_training_file(const std::filesystem::path& folder) {
  for (const char* name : training_files) {
    if (std::filesystem::exists(folder / name)) return name;
  }
  return std::nullopt;
}

bool has_checkpoint(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / checkpoint_file);
}

void clear_training(const std::filesystem::path& folder) {
  for (const char* name : training_files) std::filesystem::remove(folder / name);
}

}  // namespace digon
