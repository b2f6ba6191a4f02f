#include "program/experiments/dynamics.hpp"

#include <algorithm>

#include "core/base/parallel.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "sweep/model_loss.hpp"

namespace digon {

std::any find_dynamics(const Results& results) {
  const TrainedCell& trained = results.points.front().trained;
  Dynamics dynamics;
  dynamics.loss.resize(trained.snapshots.size());
  parallel_for(trained.snapshots.size(), results.context.threads, [&](std::size_t k) {
    dynamics.loss[k] = loss_of(trained.snapshots[k].model, trained.features);
  });
  for (const Snapshot& snapshot : trained.snapshots) {
    dynamics.step.push_back(std::max(1.0, double(snapshot.step)));
  }
  return dynamics;
}

Table dynamics_table(const Results& results) {
  Table table{{"step", "loss", "feature", "norm", "feature_dimensionality"}, {}};
  const std::vector<Snapshot>& snapshots = results.points.front().trained.snapshots;
  for (std::size_t k = 0; k < snapshots.size(); ++k) {
    const FeatureGeometry geometry = feature_geometry(snapshots[k].model.W);
    for (Eigen::Index i = 0; i < geometry.norm.size(); ++i) {
      table.add_row({text_of(snapshots[k].step), text_of(results.found_as<Dynamics>().loss[k]),
                     text_of(std::size_t(i)), text_of(geometry.norm[i]),
                     text_of(geometry.dimensionality[i])});
    }
  }
  return table;
}

SeriesPanel loss_panel(const Results& results) {
  const auto& dynamics = results.found_as<Dynamics>();
  Series loss{"exact loss", {}, SeriesStyle::line, 0};
  for (std::size_t k = 0; k < dynamics.loss.size(); ++k) {
    loss.points.emplace_back(dynamics.step[k], dynamics.loss[k]);
  }
  SeriesPanel panel{"loss", "optimiser step", "exact loss", {loss}};
  panel.x_scale = AxisScale::logarithmic;
  panel.y_scale = AxisScale::logarithmic;
  return panel;
}

}  // namespace digon
