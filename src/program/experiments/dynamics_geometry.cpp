// Learning as a sequence of geometric moves: two correlated sets of three find the octahedron, elhage2022 §5.
#include "core/algebra/products.hpp"
#include "geometry/named_geometry.hpp"
#include "program/experiments/dynamics.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"

namespace digon::experiments {
namespace {

TrainingCell dynamics_geometry_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = features_in_sets(6, 0.05, SetRelation::correlated, 3);
  cell.hidden = 3;
  cell.starts = setting.choose(8, 16);
  cell.steps = setting.choose(20'000, 100'000);
  cell.learning_rate = 1e-3;
  cell.snapshot_steps = logarithmic_schedule(setting.choose(25, 60), cell.steps);
  return cell;
}

/// Cosines between features: inside the sets and across them they tell the moves apart.
struct Cosines {
  double inside = 0.0;  ///< mean of a set's pairs
  double across = 0.0;  ///< the lowest of each feature with the other set, averaged
};

Cosines cosines_of(const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd unit = W.colwise().normalized();
  const Eigen::MatrixXd cosines = gram(unit);
  return {
      (cosines(0, 1) + cosines(0, 2) + cosines(1, 2) + cosines(3, 4) + cosines(3, 5) + cosines(4, 5)) / 6.0,
      cosines.topRightCorner(3, 3).rowwise().minCoeff().mean()};
}

Cosines last_cosines(const Results& results) {
  return cosines_of(results.points.front().trained.snapshots.back().model.W);
}

void draw_dynamics_geometry(const std::filesystem::path& path, const Results& results) {
  Series inside{"inside a set", {}, SeriesStyle::line, 0};
  Series across{"across, lowest of each feature", {}, SeriesStyle::line, 3};
  const auto& dynamics = results.found_as<Dynamics>();
  for (std::size_t k = 0; k < dynamics.step.size(); ++k) {
    const Cosines cosines = cosines_of(results.points.front().trained.snapshots[k].model.W);
    inside.points.emplace_back(dynamics.step[k], cosines.inside);
    across.points.emplace_back(dynamics.step[k], cosines.across);
  }
  SeriesPanel angles{
      "how the two sets turn", "optimiser step", "mean cosine between features", {inside, across}};
  angles.x_scale = AxisScale::logarithmic;
  angles.y_range = "[-1.05:1.05]";
  draw_series(path, "Two correlated sets of three in {/:Italic m} = 3: towards the octahedron",
              {angles, loss_panel(results)});
}

Measured geometry(const Results& results) {
  return describe_geometry(results.points.front().W()).name;
}

}  // namespace

Experiment dynamics_geometry() {
  return {.id = "dynamics-geometry",
          .summary = "two correlated sets of three find the octahedron",
          .cell = dynamics_geometry_cell,
          .find = find_dynamics,
          .tables = {{"dynamics", dynamics_table}},
          .figures = {{"dynamics-geometry", "Cosines between features and exact loss of the best start.",
                       draw_dynamics_geometry}},
          .measures = {{"octahedron", geometry},
                       {"inside", [](const Results& results) { return last_cosines(results).inside; }},
                       {"across", [](const Results& results) { return last_cosines(results).across; }}}};
}

}  // namespace digon::experiments
