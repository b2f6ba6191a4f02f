#pragma once

#include <filesystem>
#include <memory>

#include "core/model/feature_distribution.hpp"

namespace digon {

/// Feature vectors [T, n], a row a sample, of a safetensors, .npz or .npy file: the tensor `x`, `X` or
/// `data`, or the only matrix of the file. Throws InputError naming the file and what is wrong.
std::shared_ptr<const FeatureData> load_data(const std::filesystem::path& file);

}  // namespace digon
