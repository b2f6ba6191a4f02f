#include "program/study/study_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/progress.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/represented.hpp"
#include "sweep/model_loss.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void train_points(const Study& study, std::vector<StudyPoint>& points, RunStore& store, std::size_t threads) {
  std::vector<TrainingCell> cells;
  for (const StudyPoint& point : points) {
    cells.push_back(point.cell.model);
    if (!study.computes(Compute::snapshots)) cells.back().snapshot_steps.clear();
  }
  std::vector<TrainedCell> trained = train_cells(store, study.id, cells, threads);
  for (std::size_t k = 0; k < points.size(); ++k) points[k].trained = std::move(trained[k]);
}

/// The linear model's optimum is known.
Descent known_optimum(const StudyCell& cell) {
  return {linear_optimum(cell.model.features, cell.model.hidden),
          linear_optimum_loss(cell.model.features, cell.model.hidden), 0.0};
}

std::vector<Descent> find_optima_of(const Study& study, const std::vector<StudyPoint>& points,
                                    RunStore& store, std::size_t threads) {
  std::vector<OptimumCell> searches;
  std::vector<std::size_t> owner;
  std::vector<Descent> optima(points.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    const StudyPoint& point = points[k];
    if (point.cell.model.kind == ModelKind::linear) {
      optima[k] = known_optimum(point.cell);
      continue;
    }
    OptimumCell& search = searches.emplace_back(optimum_cell(point.cell));
    owner.push_back(k);
    if (!point.trained) continue;
    search.given = {point.trained->best};
    search.given_from = sweep_cell(point.cell.model).settings;
  }
  std::vector<Descent> found = find_optima(store, study.id, searches, threads);
  for (std::size_t s = 0; s < found.size(); ++s) optima[owner[s]] = std::move(found[s]);
  return optima;
}

/// What determines a model, for the store.
nlohmann::json settings_of(const Study& study, const StudyPoint& point, const StudyModel& model) {
  nlohmann::json settings = sweep_cell(point.cell.model).settings;
  if (model.source == source_trained) return settings;
  nlohmann::json search = sweep_cell(optimum_cell(point.cell)).settings;
  if (study.computes(Compute::train)) search["given"] = std::move(settings);
  return search;
}

/// Losses of models with a ReLU in the hidden layer are estimated, all by the same samples; the lowest of a
/// cell is what its optimum is known by.
void restate_hidden_relu(StudyPoint& point) {
  for (StudyModel& model : point.models) {
    model.loss = hidden_relu_loss(model.model, point.cell.model.features, stated_options(1)).loss +
                 penalty_of(point.cell.penalty, model.model.W).loss;
  }
  if (point.models.size() == 2 && point.models[0].loss < point.models[1].loss) {
    point.models[1].model = point.models[0].model;
    point.models[1].loss = point.models[0].loss;
  }
}

void add_parts(const Study& study, std::vector<StudyPoint>& points, RunStore& store, std::size_t threads) {
  std::vector<LossPartsCell> cells;
  std::vector<StudyModel*> models;
  for (StudyPoint& point : points) {
    for (StudyModel& model : point.models) {
      cells.push_back({model.model, point.cell.model.features, settings_of(study, point, model)});
      models.push_back(&model);
    }
  }
  std::vector<PartsOfLoss> parts = parts_of_losses(store, study.id, cells, threads);
  for (std::size_t k = 0; k < parts.size(); ++k) models[k]->parts = std::move(parts[k]);
}

void add_geometry(StudyModel& model) {
  model.geometry = feature_geometry(model.model.W);
  model.name = describe_geometry(model.model.W).name;
  model.represented = represented_features(model.model.W).size();
  model.coherence = coherence_of_present(model.model.W);
}

/// What is cheap, or known to no cell: on the threads of this process.
void measure(const Study& study, std::vector<StudyPoint>& points, std::size_t threads) {
  Progress progress(study.id + ", measures", points.size());
  parallel_for(points.size(), threads, [&](std::size_t k) {
    if (interrupted()) return;
    StudyPoint& point = points[k];
    const TrainingCell& cell = point.cell.model;
    point.zero_loss = zero_model_loss(cell.features);
    if (has_relu_hidden(cell.kind) && has_hidden_relu_loss(cell.features)) restate_hidden_relu(point);
    if (study.computes(Compute::geometry)) {
      for (StudyModel& model : point.models) add_geometry(model);
    }
    if (study.computes(Compute::snapshots)) {
      for (const Snapshot& snapshot : point.trained->snapshots) {
        if (interrupted()) return;
        point.snapshot_losses.push_back(loss_of(snapshot.model, cell.features));
      }
    }
    progress.advance(1);
  });
  throw_if_interrupted();
}

double sum_or_nan(const Eigen::VectorXd& parts) {
  return parts.size() == 0 ? not_a_number : parts.sum();
}

/// A quantity of one model, by its name without the source.
double quantity_of(const StudyResults& results, const StudyPoint& point, const StudyModel& model,
                   std::string_view name) {
  if (name == "loss") return model.loss;
  if (name == "share_of_zero") return model.loss / point.zero_loss;
  if (name == "reconstruction") return sum_or_nan(model.parts.reconstruction);
  if (name == "interference") return sum_or_nan(model.parts.interference);
  if (name == "represented") return double(model.represented);
  if (name == "dimensions_per_feature") return model.geometry.dimensions_per_feature;
  if (name == "capacity") return model.geometry.dimensionality.sum();
  if (name == "coherence") return model.coherence;
  if (name == "swept_norm") {
    const auto swept = swept_feature(results.study->axes, model.model.features());
    return swept ? model.geometry.norm[*swept] : not_a_number;
  }
  return not_a_number;
}

/// "cell 3 (density = 0.1, hidden = 2)".
std::string name_of_cell(const Study& study, std::size_t cell) {
  std::string at;
  const std::vector<std::size_t> indices = indices_of(study, cell);
  for (std::size_t a = 0; a < study.axes.size(); ++a) {
    at += fmt::format("{}{} = {}", at.empty() ? "" : ", ", study.axes[a].option,
                      study.axes[a].texts[indices[a]]);
  }
  return at.empty() ? "the cell" : fmt::format("the cell of {}", at);
}

}  // namespace

const StudyModel* StudyPoint::find(std::string_view source) const {
  for (const StudyModel& model : models) {
    if (model.source == source) return &model;
  }
  return nullptr;
}

double StudyResults::value(const StudyPoint& point, const StudyAxis& axis) const {
  const auto number = std::size_t(&axis - study->axes.data());
  return axis.values[point.at[number]];
}

double StudyResults::quantity(const StudyPoint& point, const std::string& name) const {
  const StudyModel* trained = point.find(source_trained);
  const StudyModel* best = point.find(source_optimum);
  if (name == "gap") return trained->loss - best->loss;
  if (name == "gap_share_of_zero") return (trained->loss - best->loss) / point.zero_loss;
  if (name == "relative_gap") {
    constexpr double rounding_share = 1e-13;  // of the loss of answering 0: an optimum below it is 0
    return best->loss > rounding_share * point.zero_loss ? trained->loss / best->loss - 1.0 : not_a_number;
  }
  if (name == "trained_worst_start") {
    const std::vector<double>& losses = point.trained->losses;
    return *std::max_element(losses.begin(), losses.end());
  }
  for (const StudyModel& model : point.models) {
    const std::string prefix = model.source + "_";
    if (name.starts_with(prefix)) return quantity_of(*this, point, model, name.substr(prefix.size()));
  }
  return not_a_number;
}

void require_computable(const Study& study, const std::vector<StudyCell>& cells) {
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const TrainingCell& model = cells[k].model;
    const auto place = [&] { return (study.file.empty() ? "" : study.file + ": ") + name_of_cell(study, k); };
    if (study.computes(Compute::snapshots) && model.snapshot_steps.empty()) {
      reject("{} has no snapshots; accepted: snapshots = \"every:K\" or \"log:K\" in [cell]", place());
    }
    if (!study.computes(Compute::optimum)) continue;
    const bool is_known = model.kind == ModelKind::linear ? has_linear_optimum(model.features)
                          : has_relu_hidden(model.kind)   ? has_hidden_relu_loss(model.features)
                                                          : has_exact_loss(model.kind, model.features);
    if (is_known) continue;
    reject("{} has no exact loss: {} models of features {}; accepted: without optimum and gap", place(),
           name_of(model.kind), describe_law(model.features));
  }
}

OptimumCell optimum_cell(const StudyCell& cell) {
  OptimumCell search;
  search.features = cell.model.features;
  search.hidden = cell.model.hidden;
  search.starts = cell.optimum_starts;
  search.seed = cell.model.seed;
  search.kind = cell.model.kind;
  search.penalty = cell.penalty;
  return search;
}

StudyResults compute_study(const Study& study, std::vector<StudyCell> cells, RunStore& store,
                           std::size_t threads) {
  StudyResults results{&study, {}};
  for (std::size_t k = 0; k < cells.size(); ++k) {
    results.points.push_back({indices_of(study, k), std::move(cells[k])});
  }
  std::vector<StudyPoint>& points = results.points;
  if (study.computes(Compute::train)) train_points(study, points, store, threads);
  for (StudyPoint& point : points) {
    if (!point.trained) continue;
    const ToyModel& best = point.trained->best;
    point.models.push_back(
        {source_trained, best, point.trained->loss + penalty_of(point.cell.penalty, best.W).loss});
  }
  if (study.computes(Compute::optimum)) {
    std::vector<Descent> optima = find_optima_of(study, points, store, threads);
    for (std::size_t k = 0; k < points.size(); ++k) {
      points[k].models.push_back({source_optimum, std::move(optima[k].model), optima[k].loss});
    }
  }
  if (study.computes(Compute::decomposition)) add_parts(study, points, store, threads);
  measure(study, points, threads);
  return results;
}

}  // namespace digon
