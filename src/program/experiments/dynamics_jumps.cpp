// Learning dynamics: every D_i and the loss against the step, elhage2022 §5.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "geometry/feature_dimensionality.hpp"
#include "program/experiments/dynamics.hpp"
#include "program/experiments/experiment.hpp"

namespace digon::experiments {
namespace {

TrainingCell dynamics_jumps_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = uniform_features(6, 0.05);
  cell.hidden = 3;
  cell.starts = 4;
  cell.steps = setting.choose(20'000, 100'000);
  cell.learning_rate = 1e-3;
  cell.snapshot_steps = logarithmic_schedule(setting.choose(25, 60), cell.steps);
  return cell;
}

void draw_dynamics_jumps(const std::filesystem::path& path, const Results& results) {
  const Point& point = results.points.front();
  const auto& dynamics = results.found_as<Dynamics>();
  std::vector<Series> features;
  for (Eigen::Index i = 0; i < point.W().cols(); ++i) {
    features.push_back({"", {}, SeriesStyle::line, std::size_t(i)});
  }
  for (std::size_t k = 0; k < dynamics.step.size(); ++k) {
    const FeatureGeometry geometry = feature_geometry(point.trained.snapshots[k].model.W);
    for (std::size_t i = 0; i < features.size(); ++i) {
      features[i].points.emplace_back(dynamics.step[k], geometry.dimensionality[Eigen::Index(i)]);
    }
  }
  SeriesPanel dimensions{"dimensionality of each feature", "optimiser step", "{/:Italic D_i}", features};
  dimensions.x_scale = AxisScale::logarithmic;
  dimensions.y_range = "[0:1.05]";
  dimensions.levels = {{1.0, "dedicated 1"}, {0.5, "digon 1/2"}, {2.0 / 3.0, "triangle 2/3"}};
  draw_series(path, fmt::format("Learning dynamics, {}, density {}", results.size(), point.density()),
              {dimensions, loss_panel(results)});
}

/// The share of the fall of ln L that the quickest fifth of the snapshot intervals makes: 0.2 for a steady
/// fall, near 1 for jumps.
double share_of_jumps(const Results& results) {
  const std::vector<double>& losses = results.found_as<Dynamics>().loss;
  std::vector<double> falls;
  double total = 0.0;
  for (std::size_t k = 1; k < losses.size(); ++k) {
    falls.push_back(std::max(0.0, std::log(losses[k - 1] / losses[k])));
    total += falls.back();
  }
  std::sort(falls.rbegin(), falls.rend());
  double quickest = 0.0;
  for (std::size_t k = 0; k < falls.size() / 5; ++k) quickest += falls[k];
  return total > 0.0 ? quickest / total : 0.0;
}

double largest_rise(const Results& results) {
  const std::vector<double>& losses = results.found_as<Dynamics>().loss;
  double rise = 0.0;
  for (std::size_t k = 1; k < losses.size(); ++k) rise = std::max(rise, losses[k] / losses[k - 1] - 1.0);
  return rise;
}

double final_dimensionality(const Results& results) {
  return feature_geometry(results.points.front().W()).dimensionality.mean();
}

}  // namespace

Experiment dynamics_jumps() {
  return {
      .id = "dynamics-jumps",
      .summary = "every D_i and the loss against training step",
      .cell = dynamics_jumps_cell,
      .find = find_dynamics,
      .tables = {{"dynamics", dynamics_table}},
      .figures = {{"dynamics-jumps", "Dimensionality of each feature and exact loss of the best start.",
                   draw_dynamics_jumps}},
      .measures = {{"jumps", share_of_jumps}, {"final", final_dimensionality}, {"monotone", largest_rise}}};
}

}  // namespace digon::experiments
