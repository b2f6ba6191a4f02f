#include "program/experiments/driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <stdexcept>

#include "core/base/atomic_file.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/progress.hpp"
#include "core/base/random.hpp"
#include "program/experiments/caption.hpp"
#include "sweep/ranks.hpp"

namespace digon {
namespace {

bool has_start_axis(const Experiment& experiment) {
  const std::string start = start_axis(0, 0).name;
  return std::any_of(experiment.axes.begin(), experiment.axes.end(),
                     [&](const Axis& axis) { return axis.name == start; });
}

std::vector<Point> train(const Experiment& experiment, const ExperimentContext& context) {
  if (!experiment.cell) return {};
  const std::vector<Setting> settings = settings_of(experiment, context.preset);
  const std::vector<TrainingCell> cells = cells_of(experiment, context.preset, context.seed);
  std::vector<TrainedCell> trained = train_cells(context.store, experiment.id, cells, context.threads);
  std::vector<Point> points;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    points.push_back({settings[k], cells[k], std::move(trained[k])});
  }
  return points;
}

/// The search for the optimum of a point: random descents, and the one from the trained model.
OptimumCell optimum_cell_of(const Experiment& experiment, const ExperimentContext& context,
                            const Point& point) {
  return {point.cell.features, point.cell.hidden,    experiment.optimum_starts->of(context.preset),
          context.seed,        {point.trained.best}, sweep_cell(point.cell).settings,
          point.cell.kind};
}

/// The exact optima: the lowest found.
void find_optima_of(const Experiment& experiment, const ExperimentContext& context,
                    std::vector<Point>& points) {
  std::vector<OptimumCell> searches;
  for (const Point& point : points) searches.push_back(optimum_cell_of(experiment, context, point));
  const std::vector<Descent> optima = find_optima(context.store, experiment.id, searches, context.threads);
  for (std::size_t k = 0; k < points.size(); ++k) points[k].optimum = optima[k];
}

/// weights.safetensors: the best model of each point (save_models).
void write_weights(const Results& results) {
  std::vector<TrainedModel> models;
  for (const Point& point : results.points) {
    models.push_back({point.trained.best, point.trained.features, point.cell.seed});
  }
  save_models(results.folder(), "weights", models);
}

/// A row a start: law, mean density, where features differ in it that of each, losses of the cell and of the
/// start.
Table models_table(const Results& results) {
  Table table{{"cell", "kind", "law", "density", "densities", "loss", "start", "loss_of_start"}, {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const TrainedCell& one = results.points[k].trained;
    const bool is_uniform = one.features.has_uniform_density();
    const double density = is_uniform ? one.features.density[0] : one.features.density.mean();
    std::string densities;
    if (!is_uniform) {
      for (const double each : one.features.density) {
        densities += (densities.empty() ? "" : " ") + text_of(each);
      }
    }
    for (std::size_t start = 0; start < one.losses.size(); ++start) {
      table.add_row({text_of(k), std::string(name_of(one.best.kind)), describe_law(one.features),
                     text_of(density), densities, text_of(one.loss), text_of(start),
                     text_of(one.losses[start])});
    }
  }
  return table;
}

void write_files(const Experiment& experiment, const Results& results) {
  if (!results.points.empty()) {
    write_weights(results);
    write_csv(results.folder() / "models.csv", models_table(results));
  }
  for (const TableFile& table : experiment.tables) {
    write_csv(results.folder() / (table.name + ".csv"), table.make(results));
  }
  for (const FigureFile& figure : experiment.figures) {
    figure.draw(results.folder() / figure.name, results);
    write_file_atomically(results.folder() / (figure.name + ".txt"), caption_of(experiment, figure, results));
  }
}

std::vector<Check> judge_all(const Experiment& experiment, const Results& results) {
  std::vector<Check> checks;
  if (experiment.checks) checks = experiment.checks(results);
  for (const Measure& measure : experiment.measures) {
    checks.push_back(
        judge(experiment.id + "/" + measure.name, measure.value(results), measure.null(results)));
  }
  return checks;
}

/// The ids of what is claimed of an experiment.
std::set<std::string> claims_of(const std::string& experiment) {
  std::set<std::string> ids;
  for (const Prediction& prediction : predictions()) {
    if (prediction.experiment == experiment) ids.insert(prediction.id);
  }
  return ids;
}

void require_measured(const std::string& experiment, const std::set<std::string>& measured) {
  for (const std::string& claim : claims_of(experiment)) {
    if (!measured.contains(claim)) {
      throw std::logic_error("paper_refs/predictions.json claims '" + claim + "', which '" + experiment +
                             "' does not measure");
    }
  }
}

/// How many parts of an experiment its progress counts.
constexpr std::size_t parts_of_each = 5;

std::vector<Check> reproduce(const Experiment& experiment, const ExperimentContext& context,
                             Progress& parts) {
  require_predictions(experiment);
  Results results{context, experiment.id};
  std::filesystem::create_directories(results.folder());
  const auto done = [&] {
    parts.advance(1);
    throw_if_interrupted();
  };
  results.points = train(experiment, context);
  done();
  if (experiment.optimum_starts) find_optima_of(experiment, context, results.points);
  done();
  if (experiment.find) results.found = experiment.find(results);
  done();
  write_files(experiment, results);
  done();
  std::vector<Check> checks = judge_all(experiment, results);
  done();
  std::set<std::string> judged;
  for (const Check& check : checks) judged.insert(check.id);
  require_measured(experiment.id, judged);
  write_verdict(results.folder() / "verdict.json", checks);
  return checks;
}

}  // namespace

std::vector<Setting> settings_of(const Experiment& experiment, Preset preset) {
  std::vector<Setting> settings{{preset}};
  for (const Axis& axis : experiment.axes) {
    std::vector<Setting> longer;
    for (const Setting& before : settings) {
      for (std::size_t k = 0; k < axis.values(preset).size(); ++k) {
        Setting& setting = longer.emplace_back(before);
        setting.at.push_back(axis.values(preset)[k]);
        setting.names.push_back(axis.names.empty() ? fmt::format("{:.4g}", setting.at.back())
                                                   : axis.names.at(k));
      }
    }
    settings = std::move(longer);
  }
  for (std::size_t k = 0; k < settings.size(); ++k) settings[k].number = k;
  return settings;
}

std::vector<TrainingCell> cells_of(const Experiment& experiment, Preset preset, std::uint64_t seed) {
  std::vector<TrainingCell> cells;
  for (const Setting& setting : settings_of(experiment, preset)) {
    TrainingCell& one = cells.emplace_back(experiment.cell(setting));
    one.seed = has_start_axis(experiment) ? derive_seed(seed, setting.number) : seed;
  }
  return cells;
}

void require_predictions(const Experiment& experiment) {
  const std::set<std::string> claims = claims_of(experiment.id);
  std::set<std::string> measured;
  for (const Measure& measure : experiment.measures) {
    const std::string id = experiment.id + "/" + measure.name;
    if (!claims.contains(id)) {
      throw std::logic_error("'" + experiment.id + "' measures '" + id +
                             "', which paper_refs/predictions.json does not claim of it");
    }
    if (!measured.insert(id).second) throw std::logic_error("'" + id + "' is measured twice");
  }
  if (experiment.cell) require_measured(experiment.id, measured);
}

void compute_ahead(const std::vector<const Experiment*>& experiments, const ExperimentContext& context) {
  for (const Experiment* experiment : experiments) require_predictions(*experiment);
  std::vector<ExperimentCells> trainings;
  for (const Experiment* experiment : experiments) {
    if (!experiment->cell) continue;
    ExperimentCells& cells = trainings.emplace_back(ExperimentCells{experiment->id, {}});
    for (const TrainingCell& cell : cells_of(*experiment, context.preset, context.seed)) {
      cells.cells.push_back(sweep_cell(cell));
    }
  }
  compute_missing(context.store, "training", trainings, context.threads);
  std::vector<ExperimentCells> searches;
  for (const Experiment* experiment : experiments) {
    if (!experiment->optimum_starts) continue;
    try {
      ExperimentCells cells{experiment->id, {}};
      for (const Point& point : train(*experiment, context)) {
        cells.cells.push_back(sweep_cell(optimum_cell_of(*experiment, context, point)));
      }
      searches.push_back(std::move(cells));
    } catch (const LeftToShards&) {  // what follows from them is for later
    }
  }
  compute_missing(context.store, "optima", searches, context.threads);
}

std::vector<Check> reproduce(const Experiment& experiment, const ExperimentContext& context) {
  Progress parts(experiment.id + ", parts", parts_of_each);
  return reproduce(experiment, context, parts);
}

void reproduce_all(const std::vector<const Experiment*>& experiments, const ExperimentContext& context,
                   const TakeChecks& take) {
  compute_ahead(experiments, context);
  Progress parts("experiments, parts", parts_of_each * experiments.size());
  std::vector<std::optional<std::vector<Check>>> checks(experiments.size());
  const auto run = [&](std::size_t k, const ExperimentContext& of_one) {
    try {
      checks[k] = reproduce(*experiments[k], of_one, parts);
    } catch (const LeftToShards&) {  // the cells of the other experiments can be computed all the same
    }
  };
  if (rank_count() > 1) {  // which share out one sweep at a time
    for (std::size_t k = 0; k < experiments.size(); ++k) {
      run(k, context);
      take(*experiments[k], checks[k]);
    }
    return;
  }
  ExperimentContext inside = context;
  inside.threads = threads_inside;
  std::mutex ending;
  std::size_t begun = 0;
  std::size_t taken = 0;
  std::vector<bool> ended(experiments.size());
  parallel_for(experiments.size(), context.threads, [&](std::size_t) {
    std::unique_lock lock(ending);
    const std::size_t k = begun++;
    lock.unlock();
    run(k, inside);
    lock.lock();
    for (ended[k] = true; taken < ended.size() && ended[taken]; ++taken) {
      take(*experiments[taken], checks[taken]);
    }
  });
}

}  // namespace digon
