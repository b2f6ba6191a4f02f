#pragma once

#include <filesystem>
#include <vector>

#include "empirical/training/training.hpp"

namespace digon {

/// Writes folder/snapshots.safetensors, `W` [instances, snapshots, n, m], `b_final` [instances, snapshots,
/// n], `W_out` like W of untied models, `step` [snapshots] and `taken` [instances], with the metadata of
/// weights.safetensors, so that load_models reads it back; and folder/snapshots.csv,
/// a row an instance, step and feature with the loss, ‖W_i‖ and D_i. The loss is the exact one where there is
/// one, else of 65536 samples. Only what was taken: an instance that ended earlier than others has NaN after
/// its first `taken` snapshots and no rows. Nothing where none was taken.
void save_snapshots(const std::filesystem::path& folder, const std::vector<TrainingInstance>& instances,
                    const std::vector<TrainingResult>& results);

}  // namespace digon
