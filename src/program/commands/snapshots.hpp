#pragma once

#include <filesystem>
#include <vector>

#include "empirical/training/training.hpp"

namespace digon {

/// Writes folder/snapshots.safetensors, `W` [instances, snapshots, n, m], `b_final` [instances, snapshots,
/// n], `W_out` like W of untied models and `step` [snapshots], and folder/snapshots.csv, a row an instance,
/// step and feature with the loss, ‖W_i‖ and D_i. The loss is the exact one where there is one, else of 65536
/// samples. An instance that ended early keeps its last weights.
void save_snapshots(const std::filesystem::path& folder, const std::vector<TrainingInstance>& instances,
                    const std::vector<std::size_t>& steps, const std::vector<TrainingResult>& results);

}  // namespace digon
