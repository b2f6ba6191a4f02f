// Learning dynamics: every D_i and the loss against the step, elhage2022 §5. From small weights the loss
// rests on plateaus, and leaves each where features change their dimensionality.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "geometry/feature_dimensionality.hpp"
#include "geometry/represented.hpp"
#include "program/experiments/dynamics.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_graph.hpp"
#include "program/experiments/feature_laws.hpp"

namespace digon::experiments {
namespace {

constexpr std::size_t steps_between_snapshots = 100;

/// Momentum descent, of which Adam would make one steady fall: it takes the steps of a feature that is hardly
/// learned yet as large as any.
TrainingCell dynamics_jumps_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = important_features(20, 0.05, 0.8);
  cell.hidden = 10;
  cell.starts = 1;
  cell.start_scale = 0.01;
  cell.steps = setting.choose(40'000, 120'000);
  cell.optimizer = OptimizerKind::sgd;
  cell.learning_rate = 0.1;
  cell.schedule = Schedule::constant;
  cell.snapshot_steps = linear_schedule(steps_between_snapshots, cell.steps);
  return cell;
}

// Plateaus.

/// The first and the last of the snapshots between which the loss rests.
struct Plateau {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Where the loss falls by less than 1% in 500 steps. A decay that slows down, as an exponential or a power
/// law does, has one plateau at most, its end: to leave one it would have to grow quicker.
std::vector<Plateau> plateaus_of(const std::vector<double>& loss) {
  constexpr std::size_t window = 500 / steps_between_snapshots;
  constexpr double rest = 0.01;
  std::vector<Plateau> plateaus;
  for (std::size_t k = 0; k + window < loss.size(); ++k) {
    if (std::log(loss[k] / loss[k + window]) >= rest) continue;
    const bool goes_on = !plateaus.empty() && plateaus.back().end + 1 >= k + window;
    if (!goes_on) plateaus.push_back({k, k});
    plateaus.back().end = k + window;
  }
  return plateaus;
}

/// What was kept at each snapshot, and the plateaus of it.
struct History {
  const std::vector<Snapshot>& snapshots;
  const std::vector<double>& loss;
  std::vector<Plateau> plateaus;
};

History history_of(const Results& results) {
  const auto& loss = results.found_as<Dynamics>().loss;
  return {results.points.front().trained.snapshots, loss, plateaus_of(loss)};
}

/// The features whose D_i differs by more than 0.2 between two snapshots.
std::vector<Eigen::Index> switched(const History& history, std::size_t from, std::size_t to) {
  constexpr double change = 0.2;
  const Eigen::MatrixXd& before = history.snapshots[from].model.W;
  const Eigen::MatrixXd& after = history.snapshots[to].model.W;
  const Eigen::VectorXd difference =
      feature_geometry(after).dimensionality - feature_geometry(before).dimensionality;
  std::vector<Eigen::Index> features;
  for (Eigen::Index i = 0; i < difference.size(); ++i) {
    const bool represented = std::max(before.col(i).norm(), after.col(i).norm()) > represented_norm;
    if (represented && std::abs(difference[i]) > change) features.push_back(i);
  }
  return features;
}

/// The share of the falls between plateaus at which some feature switches; of the null, from a plateau's
/// begin to its own end.
double share_with_a_switch(const Results& results, bool within_plateaus) {
  const History history = history_of(results);
  double falls = 0.0;
  double with_switch = 0.0;
  for (std::size_t k = 1; k < history.plateaus.size(); ++k) {
    const Plateau& before = history.plateaus[k - 1];
    const Plateau& after = history.plateaus[k];
    with_switch += !(within_plateaus ? switched(history, after.begin, after.end)
                                     : switched(history, before.end, after.begin))
                        .empty();
    falls += 1.0;
  }
  return falls > 0.0 ? with_switch / falls : 0.0;
}

double plateaus_that_end(const std::vector<double>& loss) {
  return std::max(0.0, double(plateaus_of(loss).size()) - 1.0);
}

/// The same falls, the quickest first: a decay that slows down, as an exponential is too.
std::vector<double> slowing_down(const std::vector<double>& loss) {
  std::vector<double> factors;
  for (std::size_t k = 1; k < loss.size(); ++k) factors.push_back(loss[k] / loss[k - 1]);
  std::sort(factors.begin(), factors.end());
  std::vector<double> sorted{loss.front()};
  for (const double factor : factors) sorted.push_back(sorted.back() * factor);
  return sorted;
}

/// Of the represented features at a snapshot, the share whose D_i is within 0.06 of 1 or of 1/2.
double share_on_a_level(const ToyModel& model) {
  constexpr double near = 0.06;
  const Eigen::VectorXd dimensionality = feature_geometry(model.W).dimensionality;
  const std::vector<Eigen::Index> kept = represented_features(model.W);
  const auto on_a_level = std::count_if(kept.begin(), kept.end(), [&](Eigen::Index i) {
    return std::min(std::abs(dimensionality[i] - 1.0), std::abs(dimensionality[i] - 0.5)) < near;
  });
  return kept.empty() ? 0.0 : double(on_a_level) / double(kept.size());
}

const ToyModel& at_last_plateau(const Results& results) {
  const History history = history_of(results);
  return history.snapshots[history.plateaus.empty() ? 0 : history.plateaus.back().end].model;
}

/// Halfway through the last fall between plateaus, where a feature is between levels.
const ToyModel& between_levels(const Results& results) {
  const History history = history_of(results);
  const std::size_t count = history.plateaus.size();
  const std::size_t middle =
      count < 2 ? 0 : (history.plateaus[count - 2].end + history.plateaus[count - 1].begin) / 2;
  return history.snapshots[middle].model;
}

double largest_rise(std::vector<double> loss, bool reversed) {
  if (reversed) std::reverse(loss.begin(), loss.end());
  double rise = 0.0;
  for (std::size_t k = 1; k < loss.size(); ++k) rise = std::max(rise, loss[k] / loss[k - 1] - 1.0);
  return rise;
}

// Tables and figures.

Table plateau_table(const Results& results) {
  const History history = history_of(results);
  Table table{{"from_step", "to_step", "loss", "features_switched_before"}, {}};
  for (std::size_t k = 0; k < history.plateaus.size(); ++k) {
    const Plateau& plateau = history.plateaus[k];
    std::string features;
    if (k > 0) {
      for (const Eigen::Index i : switched(history, history.plateaus[k - 1].end, plateau.begin)) {
        features += (features.empty() ? "" : " ") + std::to_string(i);
      }
    }
    table.add_row({text_of(history.snapshots[plateau.begin].step),
                   text_of(history.snapshots[plateau.end].step), text_of(history.loss[plateau.end]),
                   features});
  }
  return table;
}

void draw_dynamics_jumps(const std::filesystem::path& path, const Results& results) {
  const Point& point = results.points.front();
  const History history = history_of(results);
  std::vector<Series> features(std::size_t(point.W().cols()));
  for (std::size_t i = 0; i < features.size(); ++i) features[i].color = i;
  Series loss{"exact loss", {}, SeriesStyle::line, 0};
  Series rest{"plateau", {}, SeriesStyle::points, 3, 0.35};
  for (std::size_t k = 0; k < history.snapshots.size(); ++k) {
    const auto step = double(history.snapshots[k].step);
    const FeatureGeometry geometry = feature_geometry(history.snapshots[k].model.W);
    for (std::size_t i = 0; i < features.size(); ++i) {
      if (geometry.norm[Eigen::Index(i)] <= represented_norm) continue;
      features[i].points.emplace_back(step, geometry.dimensionality[Eigen::Index(i)]);
      features[i].notes.push_back(fmt::format("feature {}", i));
    }
    loss.points.emplace_back(step, history.loss[k]);
    const bool rests = std::any_of(history.plateaus.begin(), history.plateaus.end(),
                                   [k](const Plateau& one) { return one.begin <= k && k <= one.end; });
    if (rests) rest.points.emplace_back(step, history.loss[k]);
  }
  std::erase_if(features, [](const Series& feature) { return feature.points.empty(); });
  SeriesPanel dimensions{"dimensionality of each represented feature", "optimiser step", "{/:Italic D_i}",
                         features};
  dimensions.y_range = "[0:1.05]";
  dimensions.levels = {{1.0, "dedicated 1"}, {0.5, "digon 1/2"}};
  dimensions.x_range = fmt::format("[0:{}]", point.cell.steps);
  SeriesPanel falls{"loss", "optimiser step", "exact loss", {loss, rest}};
  falls.x_range = dimensions.x_range;
  falls.y_scale = AxisScale::logarithmic;
  draw_series(path, fmt::format("Learning dynamics, {}, density {}", results.size(), point.density()),
              {dimensions, falls}, 1);
}

void draw_plateaus(const std::filesystem::path& path, const Results& results) {
  const History history = history_of(results);
  std::vector<FeatureGraphPanel> panels;
  for (const Plateau& plateau : history.plateaus) {
    const Snapshot& last = history.snapshots[plateau.end];
    panels.push_back(feature_graph(fmt::format("step {}", last.step), last.model.W));
  }
  draw_feature_graphs(path, "Feature graphs at the end of each plateau, " + results.size(), panels);
}

std::string falls_between_plateaus(const Results& results) {
  const History history = history_of(results);
  std::string text = fmt::format("{} plateaus", history.plateaus.size());
  for (std::size_t k = 1; k < history.plateaus.size(); ++k) {
    const std::size_t from = history.plateaus[k - 1].end;
    const std::size_t to = history.plateaus[k].begin;
    text += fmt::format("; after step {} the loss falls by {:.0f}% and", history.snapshots[from].step,
                        100.0 * (1.0 - history.loss[to] / history.loss[from]));
    for (const Eigen::Index i : switched(history, from, to)) text += fmt::format(" D_{}", i);
    text += " switch";
  }
  return text + ".";
}

}  // namespace

Experiment dynamics_jumps() {
  return {
      .id = "dynamics-jumps",
      .summary = "every D_i and the loss against training step",
      .cell = dynamics_jumps_cell,
      .find = find_dynamics,
      .tables = {{"dynamics", dynamics_table}, {"plateaus", plateau_table}},
      .figures =
          {{"dynamics-jumps",
            "Dimensionality of each represented feature and the exact loss, from small weights; the loss "
            "rests on a plateau where it falls by less than 1% in 500 steps.",
            draw_dynamics_jumps, falls_between_plateaus},
           {"dynamics-jumps-graphs", "Represented features, joined where they are not orthogonal.",
            draw_plateaus}},
      .measures = {
          {"jumps",
           [](const Results& results) { return plateaus_that_end(results.found_as<Dynamics>().loss); },
           [](const Results& results) {
             return plateaus_that_end(slowing_down(results.found_as<Dynamics>().loss));
           }},
          {"switch", [](const Results& results) { return share_with_a_switch(results, false); },
           [](const Results& results) { return share_with_a_switch(results, true); }},
          {"final", [](const Results& results) { return share_on_a_level(at_last_plateau(results)); },
           [](const Results& results) { return share_on_a_level(between_levels(results)); }},
          {"monotone",
           [](const Results& results) { return largest_rise(results.found_as<Dynamics>().loss, false); },
           [](const Results& results) { return largest_rise(results.found_as<Dynamics>().loss, true); }}}};
}

}  // namespace digon::experiments
