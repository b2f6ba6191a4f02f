#include "core/run.hpp"

#include "core/atomic_file.hpp"
#include "core/input_error.hpp"
#include "core/json.hpp"
#include "core/named_choice.hpp"
#include "core/safetensors.hpp"
#include "core/version.hpp"

namespace digon {
namespace {

using nlohmann::json;

constexpr const char* weights_file = "weights.safetensors";
constexpr const char* record_file = "run.json";

Eigen::VectorXd to_vector(const json& values) {
  const auto numbers = values.get<std::vector<double>>();
  return Eigen::Map<const Eigen::VectorXd>(numbers.data(), Eigen::Index(numbers.size()));
}

constexpr NamedChoices<SetRelation, 2> relation_names{
    {{SetRelation::correlated, "correlated"}, {SetRelation::anticorrelated, "anti-correlated"}}};

json describe(const TrainedModel& trained) {
  json object = to_json(trained.features);
  object["kind"] = name_of(trained.model.kind);
  object["seed"] = trained.seed;
  return object;
}

FeatureDistribution read_features(const json& described, const std::string& source) {
  FeatureDistribution features{to_vector(described.at("density")), to_vector(described.at("importance"))};
  // Files of earlier versions say neither: they know the paper's law alone.
  features.values = parse_active_value(source, described.value("values", std::string("uniform")));
  for (const json& set : described.value("sets", json::array())) {
    features.sets.push_back(
        {parse_choice(relation_names, source, "a relation", set.at("relation").get<std::string>()),
         set.at("members").get<std::vector<Eigen::Index>>()});
  }
  return features;
}

Safetensors to_safetensors(const std::vector<TrainedModel>& models) {
  if (models.empty()) throw std::logic_error("a run without models cannot be saved");
  const Eigen::Index n = models.front().model.features();
  const Eigen::Index m = models.front().model.hidden();
  Tensor W{{models.size(), std::size_t(n), std::size_t(m)}, {}, StoredType::float32};
  Tensor b{{models.size(), std::size_t(n)}, {}, StoredType::float32};
  Tensor W_out{{models.size(), std::size_t(n), std::size_t(m)}, {}, StoredType::float32};
  const bool tied = is_tied(models.front().model.kind);
  json instances = json::array();
  for (const TrainedModel& trained : models) {
    const ToyModel& model = trained.model;
    // [n, m] row-major is exactly Eigen's column-major [m×n].
    W.values.insert(W.values.end(), model.W.data(), model.W.data() + model.W.size());
    b.values.insert(b.values.end(), model.b.data(), model.b.data() + model.b.size());
    const Eigen::MatrixXd rows = model.W_out.transpose();
    W_out.values.insert(W_out.values.end(), rows.data(), rows.data() + rows.size());
    instances.push_back(describe(trained));
  }
  Safetensors file{{{"W", std::move(W)}, {"b_final", std::move(b)}},
                   {{"format", "pt"}, {"instances", instances.dump()}, {"digon_version", version}}};
  if (!tied) file.tensors["W_out"] = std::move(W_out);
  return file;
}

const Tensor& find_tensor(const Safetensors& file, std::initializer_list<const char*> names,
                          const std::string& source) {
  for (const char* name : names) {
    const auto found = file.tensors.find(name);
    if (found != file.tensors.end()) return found->second;
  }
  reject("{}: has no tensor '{}'", source, *names.begin());
}

/// The file's own account of its instances; throws where it is there but wrong.
std::vector<LoadedModel> read_descriptions(const Safetensors& file, std::size_t instances, Eigen::Index n,
                                           const std::string& source) {
  std::vector<LoadedModel> models(instances);
  const auto found = file.metadata.find("instances");
  if (found == file.metadata.end()) return models;
  try {
    const json described = json::parse(found->second);
    if (described.size() != instances)
      reject("{}: metadata describes {} instances, the tensors hold {}", source, described.size(), instances);
    for (std::size_t i = 0; i < instances; ++i) {
      const json& one = described.at(i);
      models[i].model.kind = parse_model_kind(source, one.at("kind").get<std::string>());
      models[i].features = read_features(one, source);
      models[i].seed = one.at("seed").get<std::uint64_t>();
      validate(*models[i].features);
      if (models[i].features->features() != n) {
        reject("{}: instance {} describes {} features, the tensors hold {}", source, i,
               models[i].features->features(), n);
      }
    }
  } catch (const json::exception&) {
    reject("{}: metadata 'instances' is not the JSON Digon writes", source);
  }
  return models;
}

}  // namespace

json to_json(const FeatureDistribution& features) {
  json sets = json::array();
  for (const FeatureSet& set : features.sets) {
    sets.push_back({{"relation", name_in(relation_names, set.relation)}, {"members", set.members}});
  }
  return {{"density", to_json(features.density)},
          {"importance", to_json(features.importance)},
          {"values", name_of(features.values)},
          {"sets", sets}};
}

void save_run(const std::filesystem::path& folder, const Run& run) {
  write_file_atomically(folder / weights_file, serialize_models(run.models));
  const json record = {{"command", run.command},   {"settings", run.settings},
                       {"version", version},       {"steps_done", run.steps_done},
                       {"complete", run.complete}, {"timings", {{"training_seconds", run.seconds}}}};
  write_file_atomically(folder / record_file, record.dump(2) + "\n");
}

Run load_run(const std::filesystem::path& folder) {
  const std::string record_path = (folder / record_file).string();
  Run run;
  try {
    const json record = json::parse(read_file(record_path));
    run.command = record.at("command").get<std::string>();
    run.settings = record.at("settings");
    run.steps_done = record.at("steps_done").get<std::size_t>();
    run.complete = record.at("complete").get<bool>();
    run.seconds = record.at("timings").at("training_seconds").get<double>();
  } catch (const json::exception&) {
    reject("{}: is not a run record of Digon", record_path);
  }
  for (LoadedModel& loaded : load_models(folder / weights_file)) {
    if (!loaded.features) reject("{}: lacks Digon's metadata", (folder / weights_file).string());
    run.models.push_back({std::move(loaded.model), std::move(*loaded.features), loaded.seed});
  }
  return run;
}

std::string serialize_models(const std::vector<TrainedModel>& models) {
  return serialize(to_safetensors(models));
}

std::vector<LoadedModel> load_models(const std::filesystem::path& file) {
  return parse_models(read_file(file), file.string());
}

std::vector<LoadedModel> parse_models(const std::string& bytes, const std::string& source) {
  const Safetensors tensors = parse_safetensors(bytes, source);
  const Tensor& W = find_tensor(tensors, {"W"}, source);
  const Tensor& b = find_tensor(tensors, {"b_final", "b"}, source);

  const bool stacked = W.shape.size() == 3;
  if (!stacked && W.shape.size() != 2) {
    reject("{}: W has {} dimensions; accepted: [instances, n, m] or [n, m]", source, W.shape.size());
  }
  const std::size_t instances = stacked ? W.shape[0] : 1;
  const std::size_t n = W.shape[W.shape.size() - 2];
  const std::size_t m = W.shape[W.shape.size() - 1];
  const std::vector<std::size_t> bias_shape =
      stacked ? std::vector<std::size_t>{instances, n} : std::vector<std::size_t>{n};
  if (b.shape != bias_shape) reject("{}: the bias does not have one value for each feature of W", source);
  if (instances == 0 || n == 0 || m == 0) reject("{}: W is empty", source);

  std::vector<LoadedModel> models = read_descriptions(tensors, instances, Eigen::Index(n), source);
  for (std::size_t i = 0; i < instances; ++i) {
    ToyModel& model = models[i].model;
    model.W =
        Eigen::Map<const Eigen::MatrixXd>(W.values.data() + i * n * m, Eigen::Index(m), Eigen::Index(n));
    if (!is_tied(model.kind)) {
      const Tensor& W_out = find_tensor(tensors, {"W_out"}, source);
      if (W_out.shape != W.shape) reject("{}: W_out does not have the shape of W", source);
      model.W_out =
          Eigen::Map<const Eigen::MatrixXd>(W_out.values.data() + i * n * m, Eigen::Index(m), Eigen::Index(n))
              .transpose();
    }
    model.b = Eigen::Map<const Eigen::VectorXd>(b.values.data() + i * n, Eigen::Index(n));
    try {
      validate(model);
    } catch (const InputError& error) {
      reject("{}: instance {}: {}", source, i, error.what());
    }
  }
  return models;
}

}  // namespace digon
