#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// Which axis of a stored W [instances, ·, ·] or [·, ·] counts the features.
enum class WeightLayout {
  inferred,        ///< the one as long as the bias
  features_first,  ///< [n, m], as in Anthropic's notebook
  hidden_first,    ///< [m, n], as in ARENA's exercises
};

/// "auto", "n,m" or "m,n".
std::string_view name_of(WeightLayout layout);

/// The layout of that name; throws InputError that lists the names.
WeightLayout parse_weight_layout(std::string_view option, std::string_view text);

/// A model read from a file, with its features where the file says what they were.
struct LoadedModel {
  ToyModel model;
  std::optional<FeatureDistribution> features;
  std::uint64_t seed = 0;
  std::size_t instance = 0;  ///< where it stood in the file
};

/// Reads the models of a safetensors, .npz or .npy file, told apart by their first bytes, wherever they were
/// trained: weights `W` or `w` [instances, n, m], [instances, m, n], [n, m] or [m, n]; biases `b_final` or
/// `b` [instances, n] or [n]. The bias tells which axis is n; where it cannot (m = n) or is missing, `layout`
/// must, and biases that are missing are 0. Files not written by Digon are taken as ReLU output models.
/// Throws InputError, e.g. for NaN in the weights.
std::vector<LoadedModel> load_models(const std::filesystem::path& file,
                                     WeightLayout layout = WeightLayout::inferred);

/// The same of a file's bytes; `source` is named in an InputError.
std::vector<LoadedModel> parse_models(std::string_view bytes, const std::string& source,
                                      WeightLayout layout = WeightLayout::inferred);

/// The models whose optimum is the same, of one kind and law, as positions in `chosen`.
std::vector<std::vector<std::size_t>> group_by_law(const std::vector<LoadedModel>& chosen,
                                                   const std::vector<FeatureDistribution>& features);

}  // namespace digon
