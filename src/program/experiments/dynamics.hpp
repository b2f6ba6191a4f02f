#pragma once

#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"

namespace digon {

/// The history of the best start of an experiment's only cell.
struct Dynamics {
  std::vector<double> step;  ///< of each snapshot; 1 for step 0, which has no place on a logarithmic axis
  std::vector<double> loss;  ///< exact
};

/// Dynamics, as Experiment::find returns it.
std::any find_dynamics(const Results& results);

/// A row a snapshot and feature: step, loss, norm, D_i.
Table dynamics_table(const Results& results);

/// The loss against the step, both logarithmic.
SeriesPanel loss_panel(const Results& results);

}  // namespace digon
