#include "core/files/model_file.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/named_choice.hpp"
#include "core/model/feature_description.hpp"

namespace digon {
namespace {

using nlohmann::json;

constexpr NamedChoices<WeightLayout, 3> layout_names{{{WeightLayout::inferred, "auto"},
                                                      {WeightLayout::features_first, "n,m"},
                                                      {WeightLayout::hidden_first, "m,n"}}};

/// Digon's own files, and they alone, describe their instances: the tensors have Digon's names and are
/// [instances, n, m].
bool is_own(const TensorFile& file) {
  return file.metadata().contains("instances") && file.metadata().contains("digon_version");
}

/// The tensors of a file of Digon's own, whose names and shapes are known.
ModelTensors own_tensors(const TensorFile& file, const std::string& source) {
  for (const char* name : {"W", "b_final"}) {
    if (!file.tensors().contains(name)) reject("{}: has no tensor '{}'", source, name);
  }
  const std::vector<std::size_t>& W = file.tensors().at("W").shape;
  if (W.size() != 3 || file.tensors().at("W").size() == 0) reject("{}: W is not [instances, n, m]", source);
  if (file.tensors().at("b_final").shape != std::vector<std::size_t>{W[0], W[1]}) {
    reject("{}: b_final is not [instances, n]", source);
  }
  return {
      "W", "b_final", file.tensors().contains("W_out") ? "W_out" : "", {W[0], W[1], W[2], true, true}, ""};
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

/// The decoder of instance k as [n×m]: stored [n, m], or [m, n] where that tells it apart.
Eigen::MatrixXd decoder_of(const Tensor& tensor, WeightShape shape, std::size_t k,
                           const std::string& source) {
  using Shape = std::vector<std::size_t>;
  const auto is_of = [&](std::size_t rows, std::size_t columns) {
    return tensor.shape == (shape.stacked ? Shape{shape.instances, rows, columns} : Shape{rows, columns});
  };
  shape.features_first = is_of(shape.n, shape.m);
  if (!shape.features_first && !is_of(shape.m, shape.n)) {
    reject("{}: W_out {} does not have the shape of W", source, text_of_shape(tensor.shape));
  }
  return weights_of(tensor, shape, k).transpose();
}

/// The bias of instance k: its own, or that of all.
Eigen::VectorXd bias_of(const Tensor& tensor, const WeightShape& shape, std::size_t k) {
  const bool shared = tensor.values.size() == shape.n;
  return Eigen::Map<const Eigen::VectorXd>(tensor.values.data() + (shared ? 0 : k * shape.n),
                                           Eigen::Index(shape.n));
}

/// What a foreign file's metadata say of the output's activation; nothing where they do not. Throws
/// InputError of one that no model here has.
std::optional<ModelKind> stated_kind(const TensorFile& file, const std::string& source) {
  const auto found = file.metadata().find("activation");
  if (found == file.metadata().end()) return std::nullopt;
  std::string name = found->second;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name == "relu") return ModelKind::relu_output;
  if (name == "identity" || name == "linear" || name == "none") return ModelKind::linear;
  reject("{}: metadata say the activation is '{}'; accepted: relu, identity", source, found->second);
}

/// Digon's own account of the instances of a file; throws where it is there but wrong.
std::vector<LoadedModel> read_descriptions(const TensorFile& file, const WeightShape& shape,
                                           const std::string& source) {
  std::vector<LoadedModel> models(shape.instances);
  for (std::size_t i = 0; i < models.size(); ++i) models[i].instance = i;
  if (!is_own(file)) {
    if (const std::optional<ModelKind> kind = stated_kind(file, source)) {
      for (LoadedModel& model : models) model.model.kind = *kind;
    }
    return models;
  }
  try {
    const json described = parse_json(file.metadata().at("instances"), source + ": metadata 'instances'");
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

std::vector<LoadedModel> load_models(const std::filesystem::path& file, const ModelFileOptions& options) {
  return parse_models(read_file(file), file.string(), options);
}

std::vector<LoadedModel> parse_models(std::string_view bytes, const std::string& source,
                                      const ModelFileOptions& options) {
  const TensorFile file(bytes, source);
  const bool asked = options.layout != WeightLayout::inferred || !options.weights.empty() ||
                     !options.bias.empty() || !options.weights_out.empty();
  const ModelTensors tensors =
      is_own(file) && !asked ? own_tensors(file, source) : find_model_tensors(file, source, options);
  const WeightShape& shape = tensors.shape;
  const Tensor W = file.read(tensors.W);
  const std::optional<Tensor> b = tensors.b.empty() ? std::nullopt : std::optional(file.read(tensors.b));
  const std::optional<Tensor> W_out =
      tensors.W_out.empty() ? std::nullopt : std::optional(file.read(tensors.W_out));

  std::vector<LoadedModel> models = read_descriptions(file, shape, source);
  for (std::size_t k = 0; k < shape.instances; ++k) {
    ToyModel& model = models[k].model;
    if (!options.weights_out.empty()) model.kind = ModelKind::absolute_value;
    models[k].remark = tensors.remark;
    model.W = weights_of(W, shape, k);
    if (!is_tied(model.kind)) {
      if (!W_out) reject("{}: has no tensor 'W_out'", source);
      model.W_out = decoder_of(*W_out, shape, k, source);
    }
    model.b = b ? bias_of(*b, shape, k) : Eigen::VectorXd::Zero(Eigen::Index(shape.n));
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
