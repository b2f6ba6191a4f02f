#include "sweep/kinds/training_cell.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/interrupt.hpp"
#include "core/base/named_choice.hpp"
#include "core/base/random.hpp"
#include "core/files/model_file.hpp"
#include "core/model/feature_description.hpp"
#include "sweep/model_loss.hpp"

namespace digon {
namespace {

constexpr NamedChoices<TrainingMethod, 3> method_names{{{TrainingMethod::sampled, "sampled"},
                                                        {TrainingMethod::exact, "exact"},
                                                        {TrainingMethod::exact_descent, "exact descent"}}};

/// Samples by which starts are compared where there is no exact loss.
constexpr std::size_t loss_samples = 1U << 18;

TrainingSettings settings_of(const TrainingCell& cell) {
  TrainingSettings settings;
  settings.steps = cell.steps;
  settings.batch = cell.batch;
  settings.optimizer.learning_rate = cell.learning_rate;
  settings.optimizer.kind = cell.optimizer;
  settings.optimizer.schedule = cell.schedule;
  settings.optimizer.warm_up = cell.warm_up;
  settings.optimizer.momentum = cell.momentum;
  settings.optimizer.weight_decay = cell.weight_decay;
  settings.start_scale = cell.start_scale;
  settings.threads = 1;  // the cells are what is shared out
  settings.snapshot_steps = cell.snapshot_steps;
  settings.hidden_l1 = cell.hidden_l1;
  settings.stop = cell.stop;
  return settings;
}

TrainingCell training_cell_from(const nlohmann::json& settings) {
  TrainingCell cell;
  cell.kind = parse_model_kind("cell", settings.at("model").get<std::string>());
  cell.hidden = settings.at("hidden");
  cell.features = features_from_json(settings.at("features"), "cell");
  cell.starts = settings.at("starts");
  cell.seed = settings.at("seed");
  cell.snapshot_steps = settings.at("snapshots").get<std::vector<std::size_t>>();
  const nlohmann::json& training = settings.at("training");
  cell.steps = training.at("steps");
  cell.batch = training.at("batch");
  cell.learning_rate = training.at("learning_rate");
  cell.optimizer = parse_optimizer("cell", training.at("optimizer").get<std::string>());
  cell.schedule = parse_schedule("cell", training.at("schedule").get<std::string>());
  cell.warm_up = training.at("warm_up");
  cell.momentum = training.at("momentum");
  cell.weight_decay = training.at("weight_decay");
  cell.start_scale = training.value("start_scale", 1.0);
  cell.hidden_l1 = training.value("hidden_l1", 0.0);
  cell.stop.criterion = parse_stop_criterion("cell", training.at("stop").get<std::string>());
  cell.stop.patience = training.at("patience");
  cell.method =
      parse_choice(method_names, "cell", "a method", settings.value("method", std::string("sampled")));
  return cell;
}

StoredCell compute_training(const nlohmann::json& settings, const std::string& /*given*/) {
  const TrainingCell cell = training_cell_from(settings);
  std::vector<TrainingInstance> instances;
  for (std::size_t k = 0; k < cell.starts; ++k) {
    const std::uint64_t seed = derive_seed(cell.seed, k);
    instances.push_back({cell.kind, cell.hidden, cell.features, seed});
  }
  const std::vector<TrainingResult> results = train_by(cell.method, instances, settings_of(cell));
  if (interrupted()) return {};
  std::vector<double> losses;
  std::size_t best = 0;
  for (const TrainingResult& result : results) {
    const bool sound = !result.diverged_at;
    losses.push_back(sound ? loss_of(result.model, cell.features, loss_samples)
                           : std::numeric_limits<double>::infinity());
    if (losses.back() < losses[best]) best = losses.size() - 1;
  }
  std::vector<TrainedModel> kept{{results[best].model, cell.features, instances[best].seed}};
  for (const Snapshot& snapshot : results[best].snapshots) {
    kept.push_back({snapshot.model, cell.features, instances[best].seed});
  }
  return {{{"best", best}, {"losses", losses}}, serialize_models(kept)};
}

const CellKind training_kind{"training", 1, &compute_training};

}  // namespace

SweepCell sweep_cell(const TrainingCell& cell) {
  nlohmann::json settings = {
      {"model", name_of(cell.kind)},     {"hidden", cell.hidden}, {"features", to_json(cell.features)},
      {"starts", cell.starts},           {"seed", cell.seed},     {"training", to_json(settings_of(cell))},
      {"snapshots", cell.snapshot_steps}};
  // What was kept before there were others has none.
  if (cell.method != TrainingMethod::sampled) settings["method"] = name_in(method_names, cell.method);
  return {&training_kind, std::move(settings)};
}

TrainedCell trained_cell(const TrainingCell& cell, const StoredCell& stored) {
  TrainedCell trained;
  trained.features = cell.features;
  for (const nlohmann::json& loss : stored.result.at("losses")) {
    trained.losses.push_back(loss.is_number() ? loss.get<double>() : std::numeric_limits<double>::infinity());
  }
  trained.loss = trained.losses.at(stored.result.at("best").get<std::size_t>());
  std::vector<LoadedModel> models = parse_models(stored.weights, "run store");
  trained.best = std::move(models.front().model);
  for (std::size_t k = 1; k < models.size(); ++k) {
    trained.snapshots.push_back({cell.snapshot_steps.at(k - 1), std::move(models[k].model)});
  }
  return trained;
}

std::vector<TrainedCell> train_cells(RunStore& store, const std::string& experiment,
                                     const std::vector<TrainingCell>& cells, std::size_t threads) {
  std::vector<SweepCell> sweep_cells;
  sweep_cells.reserve(cells.size());
  for (const TrainingCell& cell : cells) sweep_cells.push_back(sweep_cell(cell));
  const std::vector<StoredCell> stored = sweep(store, experiment, sweep_cells, threads);
  std::vector<TrainedCell> trained;
  for (std::size_t k = 0; k < cells.size(); ++k) trained.push_back(trained_cell(cells[k], stored[k]));
  return trained;
}

}  // namespace digon
