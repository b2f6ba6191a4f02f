#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/model_tensors.hpp"
#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// "auto", "n,m" or "m,n".
std::string_view name_of(WeightLayout layout);

/// The layout of that name; throws InputError that lists the names.
WeightLayout parse_weight_layout(std::string_view option, std::string_view text);

/// A model read from a file, with its features where the file says what they were.
struct LoadedModel {
  ToyModel model;
  std::optional<FeatureDistribution> features;
  std::uint64_t seed = 0;
  std::size_t instance = 0;              ///< where it stood in the file
  std::optional<std::size_t> step = {};  ///< of the training that a snapshot was taken at
  std::string remark = {};  ///< which tensors were taken, and b = 0, where the file leaves it to be said
};

/// "instance 3", or "instance 3, step 100".
std::string name_of(const LoadedModel& model);

/// Reads the models of a safetensors, .npz or .npy file, told apart by their first bytes, wherever they were
/// trained: weights [instances, n, m], [instances, m, n], [n, m] or [m, n]; biases [instances, n] or [n],
/// either with an axis of length 1 besides. The bias tells which axis is n; where it cannot (m = n) or is
/// missing, options.layout must, and a bias that is missing is 0. Files not written by Digon are taken as
/// ReLU output models, or as linear ones where their metadata `activation` is identity; any other but relu is
/// refused. Of the snapshots of a training each one taken is a model, instance after instance, step after
/// step. Throws InputError, e.g. for NaN in the weights, or where there is not one way to read the file.
std::vector<LoadedModel> load_models(const std::filesystem::path& file, const ModelFileOptions& options = {});

/// The same of a file's bytes; `source` is named in an InputError.
std::vector<LoadedModel> parse_models(std::string_view bytes, const std::string& source,
                                      const ModelFileOptions& options = {});

/// The models whose optimum is the same, of one kind and law, as positions in `chosen`.
std::vector<std::vector<std::size_t>> group_by_law(const std::vector<LoadedModel>& chosen,
                                                   const std::vector<FeatureDistribution>& features);

}  // namespace digon
