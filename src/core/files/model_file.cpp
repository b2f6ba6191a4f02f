#include "core/files/model_file.hpp"

#include <map>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/named_choice.hpp"
#include "core/files/npy.hpp"
#include "core/files/safetensors.hpp"
#include "core/model/feature_description.hpp"

namespace digon {
namespace {

using nlohmann::json;

constexpr NamedChoices<WeightLayout, 3> layout_names{{{WeightLayout::inferred, "auto"},
                                                      {WeightLayout::features_first, "n,m"},
                                                      {WeightLayout::hidden_first, "m,n"}}};

/// The tensors a model could be made of, read; the others of the file are left alone.
struct NamedTensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;

  [[nodiscard]] const Tensor* find(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      const auto found = tensors.find(name);
      if (found != tensors.end()) return &found->second;
    }
    return nullptr;
  }
};

NamedTensors read_tensors(std::string_view bytes, const std::string& source) {
  if (bytes.starts_with("\x93NUMPY")) return {{{"W", read_npy(bytes, source)}}, {}};
  if (bytes.starts_with("PK")) return {parse_npz(bytes, source), {}};
  SafetensorsIndex index = index_safetensors(bytes, source);
  NamedTensors named{{}, std::move(index.metadata)};
  for (const char* name : {"W", "w", "b_final", "b", "W_out"}) {
    const auto found = index.tensors.find(name);
    if (found != index.tensors.end()) named.tensors.emplace(name, read_tensor(found->second, source, name));
  }
  return named;
}

/// The shape of W, which axis is which settled.
struct WeightShape {
  std::size_t instances = 1;
  std::size_t n = 0;
  std::size_t m = 0;
  bool features_first = true;
};

WeightShape settle(const Tensor& W, const Tensor* b, WeightLayout layout, const std::string& source) {
  if (W.shape.size() != 2 && W.shape.size() != 3) {
    reject("{}: W has {} dimensions; accepted: [instances, n, m], [instances, m, n], [n, m] or [m, n]",
           source, W.shape.size());
  }
  const bool stacked = W.shape.size() == 3;
  const std::size_t rows = W.shape[W.shape.size() - 2];
  const std::size_t columns = W.shape.back();
  WeightShape shape;
  shape.instances = stacked ? W.shape[0] : 1;
  if (shape.instances == 0 || rows == 0 || columns == 0) reject("{}: W is empty", source);
  if (layout == WeightLayout::inferred) {
    if (b == nullptr || b->shape.empty()) {
      reject(
          "{}: has no bias ('b_final' or 'b') to tell which axis of W [{}, {}] is features; --layout n,m or "
          "m,n does",
          source, rows, columns);
    }
    const std::size_t n = b->shape.back();
    if (n == rows && n == columns) {
      reject("{}: W [{}, {}] is square, so that either axis could be features; --layout n,m or m,n tells",
             source, rows, columns);
    }
    shape.features_first = n == rows;
  } else {
    shape.features_first = layout == WeightLayout::features_first;
  }
  shape.n = shape.features_first ? rows : columns;
  shape.m = shape.features_first ? columns : rows;
  std::vector<std::size_t> bias_shape{shape.n};
  if (stacked) bias_shape.insert(bias_shape.begin(), shape.instances);
  if (b != nullptr && b->shape != bias_shape) {
    reject("{}: the bias does not have one value for each feature of W", source);
  }
  return shape;
}

/// Instance k of a stacked tensor as [m×n].
Eigen::MatrixXd weights_of(const Tensor& tensor, const WeightShape& shape, std::size_t k) {
  const double* values = tensor.values.data() + k * shape.n * shape.m;
  const auto n = Eigen::Index(shape.n);
  const auto m = Eigen::Index(shape.m);
  // [n, m] row-major is exactly Eigen's column-major [m×n].
  if (shape.features_first) return Eigen::Map<const Eigen::MatrixXd>(values, m, n);
  return Eigen::Map<const Eigen::MatrixXd>(values, n, m).transpose();
}

/// Digon's own account of the instances of a file; throws where it is there but wrong.
std::vector<LoadedModel> read_descriptions(const NamedTensors& file, const WeightShape& shape,
                                           const std::string& source) {
  std::vector<LoadedModel> models(shape.instances);
  for (std::size_t i = 0; i < models.size(); ++i) models[i].instance = i;
  const auto found = file.metadata.find("instances");
  if (found == file.metadata.end()) return models;
  try {
    const json described = parse_json(found->second, source + ": metadata 'instances'");
    if (described.size() != shape.instances) {
      reject("{}: metadata describes {} instances, the tensors hold {}", source, described.size(),
             shape.instances);
    }
    for (std::size_t i = 0; i < shape.instances; ++i) {
      const json& one = described.at(i);
      models[i].model.kind = parse_model_kind(source, one.at("kind").get<std::string>());
      models[i].features = features_from_json(one, source);
      models[i].seed = one.at("seed").get<std::uint64_t>();
      validate(*models[i].features);
      if (models[i].features->features() != Eigen::Index(shape.n)) {
        reject("{}: instance {} describes {} features, the tensors hold {}", source, i,
               models[i].features->features(), shape.n);
      }
    }
  } catch (const json::exception&) {
    reject("{}: metadata 'instances' is not the JSON Digon writes", source);
  }
  return models;
}

}  // namespace

std::string_view name_of(WeightLayout layout) {
  return name_in(layout_names, layout);
}

WeightLayout parse_weight_layout(std::string_view option, std::string_view text) {
  return parse_choice(layout_names, option, "a layout", text);
}

std::vector<LoadedModel> load_models(const std::filesystem::path& file, WeightLayout layout) {
  return parse_models(read_file(file), file.string(), layout);
}

std::vector<LoadedModel> parse_models(std::string_view bytes, const std::string& source,
                                      WeightLayout layout) {
  const NamedTensors file = read_tensors(bytes, source);
  const Tensor* W = file.find({"W", "w"});
  if (W == nullptr) reject("{}: has no tensor 'W' or 'w'", source);
  const Tensor* b = file.find({"b_final", "b"});
  // Digon's own files, and they alone, describe their instances; they are [instances, n, m].
  const bool own = file.metadata.contains("instances") && layout == WeightLayout::inferred;
  if (own && b == nullptr) reject("{}: has no tensor 'b_final'", source);
  const WeightShape shape = settle(*W, b, own ? WeightLayout::features_first : layout, source);

  std::vector<LoadedModel> models = read_descriptions(file, shape, source);
  const auto n = Eigen::Index(shape.n);
  for (std::size_t k = 0; k < shape.instances; ++k) {
    ToyModel& model = models[k].model;
    model.W = weights_of(*W, shape, k);
    if (!is_tied(model.kind)) {
      const Tensor* W_out = file.find({"W_out"});
      if (W_out == nullptr) reject("{}: has no tensor 'W_out'", source);
      if (W_out->shape != W->shape) reject("{}: W_out does not have the shape of W", source);
      model.W_out = weights_of(*W_out, shape, k).transpose();
    }
    model.b = Eigen::VectorXd::Zero(n);
    if (b != nullptr) model.b = Eigen::Map<const Eigen::VectorXd>(b->values.data() + k * shape.n, n);
    try {
      validate(model);
    } catch (const InputError& error) {
      reject("{}: instance {}: {}", source, k, error.what());
    }
  }
  return models;
}

std::vector<std::vector<std::size_t>> group_by_law(const std::vector<LoadedModel>& chosen,
                                                   const std::vector<FeatureDistribution>& features) {
  std::map<std::string, std::size_t> known;
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const std::string law = dump_json(to_json(features[k])) + std::string(name_of(chosen[k].model.kind));
    const auto [found, is_new] = known.emplace(law, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(k);
  }
  return groups;
}

}  // namespace digon
