#include "core/files/model_tensors.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

using Shape = std::vector<std::size_t>;

constexpr std::array<std::string_view, 10> weight_names{
    "W",      "w",      "W_enc", "linear1.weight", "embedding.weight", "encoder.weight",
    "weight", "kernel", "arr_0", "array"};
constexpr std::array<std::string_view, 10> bias_names{
    "b_final",      "b",    "b_dec", "linear2.bias", "unembedding.bias",
    "decoder.bias", "bias", "b_out", "arr_1",        "bias_out"};
constexpr std::array<std::string_view, 5> decoder_names{"W_out", "W_dec", "linear2.weight",
                                                        "unembedding.weight", "decoder.weight"};

/// What torch.compile, DataParallel, Flax and checkpoints put before a name.
constexpr std::array<std::string_view, 8> prefixes{"_orig_mod.", "module.", "model.",      "params.",
                                                   "params/",    "params:", "state_dict.", "model/"};

/// "_orig_mod.linear1.weight" → "linear1.weight".
std::string_view own_name(std::string_view name) {
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view prefix : prefixes) {
      if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
      name.remove_prefix(prefix.size());
      found = true;
    }
  }
  return name;
}

/// Whether a name says that it is a bias.
bool is_called_bias(std::string_view name) {
  const std::string_view own = own_name(name);
  return own == "b" || own.starts_with("b_") || own.ends_with("bias") || own.ends_with("_b");
}

std::string quoted(const TensorFile& file, const std::string& name) {
  return fmt::format("'{}' {}", name, text_of_shape(file.tensors().at(name).shape));
}

/// The first of some names that the file has; empty if it has none. Throws InputError where it has one twice,
/// behind different prefixes.
template <std::size_t size>
std::string find_named(const TensorFile& file, const std::string& source,
                       const std::array<std::string_view, size>& names) {
  for (const std::string_view wanted : names) {
    std::string found;
    for (const auto& [name, view] : file.tensors()) {
      if (own_name(name) != wanted) continue;
      if (!found.empty()) {
        reject("{}: both '{}' and '{}' could be read; --weights and --bias name the tensors. It has: {}",
               source, found, name, file.list());
      }
      found = name;
    }
    if (!found.empty()) return found;
  }
  return {};
}

/// Whether a bias of this shape has a value for each of n features of each instance, or of all of them.
bool fits(const Shape& bias, const WeightShape& weights, std::size_t n) {
  const std::size_t i = weights.instances;
  const bool of_all = bias == Shape{n} || bias == Shape{1, n} || bias == Shape{n, 1};
  return of_all ||
         (weights.stacked && (bias == Shape{i, n} || bias == Shape{i, n, 1} || bias == Shape{i, 1, n}));
}

/// What n may be, as the layout says.
std::vector<std::size_t> possible_features(const Shape& W, WeightLayout layout) {
  const std::size_t rows = W[W.size() - 2];
  if (layout == WeightLayout::features_first) return {rows};
  if (layout == WeightLayout::hidden_first) return {W.back()};
  return {rows, W.back()};
}

bool fits_any(const Shape& bias, const WeightShape& weights, const std::vector<std::size_t>& features) {
  return std::any_of(features.begin(), features.end(), [&](std::size_t n) { return fits(bias, weights, n); });
}

/// The tensor an option names; throws InputError where it is not there.
std::string named_by_option(const TensorFile& file, const std::string& source, const char* option,
                            const std::string& name) {
  if (!name.empty() && !file.tensors().contains(name)) {
    reject("--{}: '{}' is not in {}; it has: {}", option, name, source, file.list());
  }
  return name;
}

/// The W of the only pair w_NAME and b_NAME that fit each other; empty where there is none or more than one.
std::string find_paired(const TensorFile& file) {
  std::vector<std::string> found;
  for (const auto& [name, view] : file.tensors()) {
    const std::string_view own = own_name(name);
    if (view.shape.size() < 2 || view.shape.size() > 3 || !(own.starts_with("w_") || own.starts_with("W_")))
      continue;
    const std::string bias = name.substr(0, name.size() - own.size()) + "b" + std::string(own.substr(1));
    const auto b = file.tensors().find(bias);
    const bool stacked = view.shape.size() == 3;
    const WeightShape shape{.instances = stacked ? view.shape[0] : 1, .stacked = stacked};
    if (b != file.tensors().end() &&
        fits_any(b->second.shape, shape, possible_features(view.shape, WeightLayout::inferred))) {
      found.push_back(name);
    }
  }
  return found.size() == 1 ? found.front() : "";
}

std::string find_weights(const TensorFile& file, const std::string& source, const ModelFileOptions& options) {
  std::string W = named_by_option(file, source, "weights", options.weights);
  if (W.empty()) W = find_named(file, source, weight_names);
  if (W.empty()) W = find_paired(file);
  if (W.empty()) {
    reject(
        "{}: has no tensor 'W' or 'w' and none of another name that is known; --weights NAME and --bias NAME "
        "tell. "
        "It has: {}",
        source, file.list());
  }
  return W;
}

/// The bias: what the options name, else one of a known name, or of the name of W with a b for its w.
std::string find_bias(const TensorFile& file, const std::string& source, const ModelFileOptions& options,
                      const std::string& W) {
  if (options.bias == "none") return {};
  std::string b = named_by_option(file, source, "bias", options.bias);
  if (!b.empty()) return b;
  const std::string_view own = own_name(W);
  if (options.weights.empty() && (own.starts_with("w_") || own.starts_with("W_")) && own != "W_enc") {
    return W.substr(0, W.size() - own.size()) + "b" + std::string(own.substr(1));
  }
  return find_named(file, source, bias_names);
}

/// Throws InputError where a tensor could be a bias and would be left out.
void require_no_other_bias(const TensorFile& file, const std::string& source, const ModelTensors& found,
                           const std::vector<std::size_t>& features) {
  for (const auto& [name, view] : file.tensors()) {
    if (name == found.W || name == found.b || !view.type) continue;
    if (found.b.empty() && fits_any(view.shape, found.shape, features)) {
      reject(
          "{}: {} has a value for each feature and would not be used; --bias {} takes it as the bias, --bias "
          "none "
          "takes b = 0. It has: {}",
          source, quoted(file, name), name, file.list());
    }
    if (is_called_bias(name) && view.size() > 0) {
      reject("{}: {} is a bias that the model has no place for; --bias {} leaves it out. It has: {}", source,
             quoted(file, name), found.b.empty() ? "none" : found.b, file.list());
    }
  }
}

WeightShape shape_of(const TensorFile& file, const std::string& source, const std::string& name) {
  const Shape& W = file.tensors().at(name).shape;
  if (W.size() != 2 && W.size() != 3) {
    reject("{}: {} has {} dimensions; accepted: [instances, n, m], [instances, m, n], [n, m] or [m, n]",
           source, own_name(name) == "W" || own_name(name) == "w" ? "W" : "'" + name + "'", W.size());
  }
  WeightShape shape{.instances = W.size() == 3 ? W[0] : 1, .stacked = W.size() == 3};
  if (file.tensors().at(name).size() == 0) reject("{}: W is empty", source);
  return shape;
}

/// Which axis counts the features.
void settle_axes(const TensorFile& file, const std::string& source, WeightLayout layout,
                 ModelTensors& found) {
  const Shape& W = file.tensors().at(found.W).shape;
  const std::size_t rows = W[W.size() - 2];
  const std::size_t columns = W.back();
  WeightShape& shape = found.shape;
  if (layout == WeightLayout::inferred && found.b.empty()) {
    reject(
        "{}: has no bias ('b_final' or 'b') to tell which axis of W [{}, {}] is features; --layout n,m or "
        "m,n does",
        source, rows, columns);
  }
  if (layout == WeightLayout::inferred && rows == columns) {
    reject("{}: W [{}, {}] is square, so that either axis could be features; --layout n,m or m,n tells",
           source, rows, columns);
  }
  const Shape bias = found.b.empty() ? Shape{} : file.tensors().at(found.b).shape;
  shape.features_first =
      layout == WeightLayout::inferred ? fits(bias, shape, rows) : layout == WeightLayout::features_first;
  shape.n = shape.features_first ? rows : columns;
  shape.m = shape.features_first ? columns : rows;
  if (!found.b.empty() && !fits(bias, shape, shape.n)) {
    reject("{}: the bias {} does not have one value for each feature of {}", source, quoted(file, found.b),
           quoted(file, found.W));
  }
}

/// Whether a decoder holds the numbers of W: its transpose, or stored as W is.
bool is_tied_to(const Tensor& decoder, const Tensor& W) {
  if (decoder.shape == W.shape && decoder.values == W.values) return true;
  const std::size_t rows = W.shape[W.shape.size() - 2];
  const std::size_t columns = W.shape.back();
  Shape transposed = W.shape;
  std::swap(transposed.back(), transposed[transposed.size() - 2]);
  if (decoder.shape != transposed) return false;
  for (std::size_t k = 0; k < W.values.size(); ++k) {
    const std::size_t of_instance = k % (rows * columns);
    const std::size_t other = k - of_instance + of_instance % columns * rows + of_instance / columns;
    if (decoder.values[other] != W.values[k]) return false;
  }
  return true;
}

void require_tied(const TensorFile& file, const std::string& source, const ModelTensors& found) {
  const std::string decoder = find_named(file, source, decoder_names);
  if (decoder.empty() || decoder == found.W || is_tied_to(file.read(decoder), file.read(found.W))) return;
  reject(
      "{}: {} is not the transpose of {}: the model is untied; accepted: x' = ReLU(WᵀWx + b), for which "
      "--weights {} "
      "leaves it out, and the absolute value model, whose decoder --weights-out names. It has: {}",
      source, quoted(file, decoder), quoted(file, found.W), found.W, file.list());
}

std::string remark_of(const TensorFile& file, const ModelTensors& found) {
  const bool evident = (found.W == "W" || found.W == "w" || found.W == "array") &&
                       (found.b.empty() || found.b == "b_final" || found.b == "b") && found.W_out.empty();
  std::string remark = evident ? "" : "W is " + quoted(file, found.W);
  if (!evident && !found.W_out.empty()) remark += ", W_out is " + quoted(file, found.W_out);
  if (found.b.empty()) return remark + (evident ? "no bias: b = 0" : ", no bias: b = 0");
  return remark + (evident ? "" : ", b is " + quoted(file, found.b));
}

}  // namespace

ModelTensors find_model_tensors(const TensorFile& file, const std::string& source,
                                const ModelFileOptions& options) {
  ModelTensors found;
  found.W = find_weights(file, source, options);
  found.shape = shape_of(file, source, found.W);
  found.b = find_bias(file, source, options, found.W);
  found.W_out = named_by_option(file, source, "weights-out", options.weights_out);
  const Shape& W = file.tensors().at(found.W).shape;
  if (options.bias.empty()) {
    require_no_other_bias(file, source, found, possible_features(W, options.layout));
  }
  settle_axes(file, source, options.layout, found);
  if (options.weights.empty() && found.W_out.empty()) require_tied(file, source, found);
  found.remark = remark_of(file, found);
  return found;
}

}  // namespace digon
