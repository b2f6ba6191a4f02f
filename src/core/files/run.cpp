#include "core/files/run.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/version.hpp"
#include "core/files/model_file.hpp"
#include "core/files/safetensors.hpp"
#include "core/model/feature_description.hpp"

namespace digon {
namespace {

using nlohmann::json;

constexpr const char* weights_file = "weights.safetensors";
constexpr const char* record_file = "run.json";

json describe(const TrainedModel& trained) {
  json object = to_json(trained.features);
  object["kind"] = name_of(trained.model.kind);
  object["seed"] = trained.seed;
  return object;
}

Safetensors to_safetensors(const std::vector<TrainedModel>& models, StoredType stored_as) {
  if (models.empty()) throw std::logic_error("a run without models cannot be saved");
  const Eigen::Index n = models.front().model.features();
  const Eigen::Index m = models.front().model.hidden();
  Tensor W{{models.size(), std::size_t(n), std::size_t(m)}, {}, stored_as};
  Tensor b{{models.size(), std::size_t(n)}, {}, stored_as};
  Tensor W_out{{models.size(), std::size_t(n), std::size_t(m)}, {}, stored_as};
  const bool tied = is_tied(models.front().model.kind);
  for (const TrainedModel& trained : models) {
    const ToyModel& model = trained.model;
    // [n, m] row-major is exactly Eigen's column-major [m×n].
    W.values.insert(W.values.end(), model.W.data(), model.W.data() + model.W.size());
    b.values.insert(b.values.end(), model.b.data(), model.b.data() + model.b.size());
    const Eigen::MatrixXd rows = model.W_out.transpose();
    W_out.values.insert(W_out.values.end(), rows.data(), rows.data() + rows.size());
  }
  Safetensors file{{{"W", std::move(W)}, {"b_final", std::move(b)}}, own_metadata(models)};
  if (!tied) file.tensors["W_out"] = std::move(W_out);
  return file;
}

}  // namespace

void save_run(const std::filesystem::path& folder, const Run& run) {
  write_file_atomically(folder / weights_file, serialize_models(run.models));
  const json record = {{"command", run.command},   {"settings", run.settings},
                       {"version", version},       {"steps_done", run.steps_done},
                       {"complete", run.complete}, {"timings", {{"training_seconds", run.seconds}}}};
  write_file_atomically(folder / record_file, dump_json(record, 2) + "\n");
}

Run load_run(const std::filesystem::path& folder) {
  const std::string record_path = (folder / record_file).string();
  Run run;
  try {
    const json record = parse_json(read_file(record_path), record_path);
    run.command = record.at("command").get<std::string>();
    run.settings = record.at("settings");
    run.steps_done = record.at("steps_done").get<std::vector<std::size_t>>();
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

std::map<std::string, std::string> own_metadata(const std::vector<TrainedModel>& instances) {
  json described = json::array();
  for (const TrainedModel& trained : instances) described.push_back(describe(trained));
  return {{"format", "pt"}, {"instances", dump_json(described)}, {"digon_version", version}};
}

std::string serialize_models(const std::vector<TrainedModel>& models, StoredType stored_as) {
  return serialize(to_safetensors(models, stored_as));
}

std::vector<StoredPlace> save_models(const std::filesystem::path& folder, const std::string& stem,
                                     const std::vector<TrainedModel>& models, StoredType stored_as) {
  const auto shape_of = [](const ToyModel& model) {
    return std::tuple(model.features(), model.hidden(), model.W_out.size() > 0);
  };
  std::map<std::tuple<Eigen::Index, Eigen::Index, bool>, std::vector<TrainedModel>> by_shape;
  for (const TrainedModel& one : models) by_shape[shape_of(one.model)];
  const auto file_of = [&](const ToyModel& model) {
    const auto& [n, m, is_untied] = shape_of(model);
    return stem + (by_shape.size() == 1 ? "" : fmt::format("-{}-{}{}", n, m, is_untied ? "-untied" : "")) +
           ".safetensors";
  };
  std::vector<StoredPlace> places;
  for (const TrainedModel& one : models) {
    std::vector<TrainedModel>& alike = by_shape[shape_of(one.model)];
    places.push_back({file_of(one.model), alike.size()});
    alike.push_back(one);
  }
  for (const auto& [shape, alike] : by_shape) {
    write_file_atomically(folder / file_of(alike.front().model), serialize_models(alike, stored_as));
  }
  return places;
}

}  // namespace digon
