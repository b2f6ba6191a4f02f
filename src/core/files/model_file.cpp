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

/// Whether a file of Digon's own holds the snapshots of a training, W [instances, snapshots, n, m].
bool has_snapshots(const TensorFile& file) {
  return is_own(file) && file.tensors().contains("step") && file.tensors().contains("taken");
}

/// The tensors of a file of Digon's own, whose names and shapes are known. Snapshots count as instances.
ModelTensors own_tensors(const TensorFile& file, const std::string& source) {
  for (const char* name : {"W", "b_final"}) {
    if (!file.tensors().contains(name)) reject("{}: has no tensor '{}'", source, name);
  }
  std::vector<std::size_t> W = file.tensors().at("W").shape;
  std::vector<std::size_t> b = file.tensors().at("b_final").shape;
  const std::string axes = has_snapshots(file) ? "instances, snapshots" : "instances";
  if (W.size() != (has_snapshots(file) ? 4 : 3) || file.tensors().at("W").size() == 0) {
    reject("{}: W is not [{}, n, m]", source, axes);
  }
  if (b != std::vector<std::size_t>(W.begin(), W.end() - 1))
    reject("{}: b_final is not [{}, n]", source, axes);
  if (has_snapshots(file)) {
    W[1] *= W[0];
    W.erase(W.begin());
  }
  return {
      "W", "b_final", file.tensors().contains("W_out") ? "W_out" : "", {W[0], W[1], W[2], true, true}, ""};
}

/// A tensor of which the first two axes are one, where it has snapshots.
Tensor read_stacked(const TensorFile& file, const std::string& name) {
  Tensor tensor = file.read(name);
  if (!has_snapshots(file) || tensor.shape.size() < 2) return tensor;
  tensor.shape[1] *= tensor.shape[0];
  tensor.shape.erase(tensor.shape.begin());
  return tensor;
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
  std::vector<LoadedModel> models(has_snapshots(file) ? file.tensors().at("W").shape[0] : shape.instances);
  for (std::size_t i = 0; i < models.size(); ++i) models[i].instance = i;
  if (!is_own(file)) {
    if (const std::optional<ModelKind> kind = stated_kind(file, source)) {
      for (LoadedModel& model : models) model.model.kind = *kind;
    }
    return models;
  }
  try {
    const json described = parse_json(file.metadata().at("instances"), source + ": metadata 'instances'");
    if (described.size() != models.size()) {
      reject("{}: metadata describes {} instances, the tensors hold {}", source, described.size(),
             models.size());
    }
    for (std::size_t i = 0; i < models.size(); ++i) {
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

/// Each instance as often as the file has snapshots, with the step of each.
std::vector<LoadedModel> at_every_step(const TensorFile& file, const std::vector<LoadedModel>& instances,
                                       const std::string& source) {
  const Tensor step = file.read("step");
  if (step.shape != std::vector<std::size_t>{file.tensors().at("W").shape[1]}) {
    reject("{}: step is not [snapshots]", source);
  }
  std::vector<LoadedModel> models;
  for (const LoadedModel& instance : instances) {
    for (const double value : step.values) {
      if (!(value >= 0.0 && value < 1e15)) reject("{}: step has {}, which is none", source, value);
      models.emplace_back(instance).step = std::size_t(value);
    }
  }
  return models;
}

/// Without what an instance that ended earlier than others has no weights of.
void drop_not_taken(const TensorFile& file, std::vector<LoadedModel>& models, const std::string& source) {
  const Tensor taken = file.read("taken");
  const std::vector<std::size_t>& W = file.tensors().at("W").shape;
  if (taken.shape != std::vector<std::size_t>{W[0]}) reject("{}: taken is not [instances]", source);
  std::size_t k = 0;
  std::erase_if(models,
                [&](const LoadedModel& model) { return double(k++ % W[1]) >= taken.values[model.instance]; });
  if (models.empty()) reject("{}: has no snapshot that was taken", source);
}

}  // namespace

std::string_view name_of(WeightLayout layout) {
  return name_in(layout_names, layout);
}

std::string name_of(const LoadedModel& model) {
  const std::string instance = fmt::format("instance {}", model.instance);
  return model.step ? instance + fmt::format(", step {}", *model.step) : instance;
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
  if (has_snapshots(file) && asked) {
    reject("{}: snapshots of Digon's own, whose tensors are known; accepted: no name or layout of them",
           source);
  }
  const ModelTensors tensors =
      is_own(file) && !asked ? own_tensors(file, source) : find_model_tensors(file, source, options);
  const WeightShape& shape = tensors.shape;
  const auto read = [&](const std::string& name) {
    return name.empty() ? std::nullopt : std::optional(read_stacked(file, name));
  };
  const Tensor W = *read(tensors.W);
  const std::optional<Tensor> b = read(tensors.b);
  const std::optional<Tensor> W_out = read(tensors.W_out);

  std::vector<LoadedModel> models = read_descriptions(file, shape, source);
  if (has_snapshots(file)) models = at_every_step(file, models, source);
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
  }
  if (has_snapshots(file)) drop_not_taken(file, models, source);
  for (const LoadedModel& loaded : models) {
    try {
      validate(loaded.model);
    } catch (const InputError& error) {
      reject("{}: {}: {}", source, name_of(loaded), error.what());
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
