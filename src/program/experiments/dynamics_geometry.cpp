// Learning as a sequence of geometric moves: two correlated sets of three find the octahedron, elhage2022 §5.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/algebra/dense_solvers.hpp"
#include "core/algebra/products.hpp"
#include "geometry/named_geometry.hpp"
#include "plots/vectors_figure.hpp"
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
struct SetCosines {
  double inside = 0.0;  ///< mean of a set's pairs
  double across = 0.0;  ///< the lowest of each feature with the other set, averaged
};

SetCosines cosines_of(const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd unit = W.colwise().normalized();
  const Eigen::MatrixXd cosines = gram(unit);
  return {
      (cosines(0, 1) + cosines(0, 2) + cosines(1, 2) + cosines(3, 4) + cosines(3, 5) + cosines(4, 5)) / 6.0,
      cosines.topRightCorner(3, 3).rowwise().minCoeff().mean()};
}

/// Snapshots that divide the way of the two cosines into five parts of one length.
std::vector<std::size_t> turning_snapshots(const std::vector<Snapshot>& snapshots) {
  constexpr std::size_t parts = 5;
  std::vector<double> way{0.0};
  for (std::size_t k = 1; k < snapshots.size(); ++k) {
    const SetCosines before = cosines_of(snapshots[k - 1].model.W);
    const SetCosines after = cosines_of(snapshots[k].model.W);
    way.push_back(way.back() + std::hypot(after.inside - before.inside, after.across - before.across));
  }
  std::vector<std::size_t> chosen;
  for (std::size_t part = 0; part <= parts; ++part) {
    const double target = way.back() * double(part) / double(parts);
    const auto at = std::lower_bound(way.begin(), way.end(), target) - way.begin();
    chosen.push_back(std::min(std::size_t(at), snapshots.size() - 1));
  }
  return chosen;
}

void draw_dynamics_geometry(const std::filesystem::path& path, const Results& results) {
  Series inside{"inside a set", {}, SeriesStyle::line, 0};
  Series across{"across, lowest of each feature", {}, SeriesStyle::line, 3};
  const auto& dynamics = results.found_as<Dynamics>();
  for (std::size_t k = 0; k < dynamics.step.size(); ++k) {
    const SetCosines cosines = cosines_of(results.points.front().trained.snapshots[k].model.W);
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

/// The six vectors at six steps: the start, the end and between them where the sets have turned most, in axes
/// in which the first set ends along the coordinates.
void draw_turning(const std::filesystem::path& path, const Results& results) {
  const std::vector<Snapshot>& snapshots = results.points.front().trained.snapshots;
  const std::vector<Eigen::Index> first{0, 1, 2};
  const Eigen::Matrix3d last = snapshots.back().model.W(Eigen::all, first);
  const SymmetricEigen gram_of_last = symmetric_eigen(last.transpose() * last);
  const Eigen::Matrix3d to_axes = gram_of_last.vectors *
                                  gram_of_last.values.cwiseSqrt().cwiseInverse().asDiagonal() *
                                  gram_of_last.vectors.transpose() * last.transpose();
  std::vector<VectorsPanel> panels;
  for (const std::size_t k : turning_snapshots(snapshots)) {
    const Eigen::MatrixXd& W = snapshots[k].model.W;
    const SetCosines cosines = cosines_of(W);
    panels.push_back({fmt::format("step {}", snapshots[k].step),
                      fmt::format("cosines {:+.2f} inside, {:+.2f} across", cosines.inside, cosines.across),
                      to_axes * W});
  }
  draw_vectors(path, "Two correlated sets of three on the way to the octahedron", panels,
               {{"set 0", first, 0}, {"set 1", {3, 4, 5}, 3}});
}

/// Of the first snapshot (random directions), or of the last.
Measurement at_end(double SetCosines::*cosine, bool of_start) {
  return [cosine, of_start](const Results& results) {
    const std::vector<Snapshot>& snapshots = results.points.front().trained.snapshots;
    return cosines_of((of_start ? snapshots.front() : snapshots.back()).model.W).*cosine;
  };
}

Measurement geometry(bool of_start) {
  return [of_start](const Results& results) {
    const std::vector<Snapshot>& snapshots = results.points.front().trained.snapshots;
    return describe_geometry((of_start ? snapshots.front() : snapshots.back()).model.W).name;
  };
}

}  // namespace

Experiment dynamics_geometry() {
  return {.id = "dynamics-geometry",
          .summary = "two correlated sets of three find the octahedron",
          .cell = dynamics_geometry_cell,
          .find = find_dynamics,
          .tables = {{"dynamics", dynamics_table}},
          .figures = {{"dynamics-geometry", "Cosines between features and exact loss of the best start.",
                       draw_dynamics_geometry},
                      {"dynamics-geometry-vectors",
                       "The columns of W at six steps, one set dashed together; in the last the six are an "
                       "octahedron.",
                       draw_turning}},
          .measures = {{"octahedron", geometry(false), geometry(true)},
                       {"inside", at_end(&SetCosines::inside, false), at_end(&SetCosines::inside, true)},
                       {"across", at_end(&SetCosines::across, false), at_end(&SetCosines::across, true)}}};
}

}  // namespace digon::experiments
