#pragma once

#include <optional>
#include <vector>

#include "sweep/kinds/optimum_cell.hpp"

namespace digon {

/// The straight way between two points of a phase diagram whose optima are of different phases, of one n, m
/// and kind, as a cell of a sweep.
struct PhaseChangeCell {
  OptimumCell from;
  OptimumCell to;
  Descent optimum_from;
  Descent optimum_to;
  std::optional<Eigen::Index> feature;  ///< whose phase changes; nothing: the geometry's name does
};

/// What the optimum is called: the phase of a feature, or the name of its geometry.
std::string phase_name(const ToyModel& model, std::optional<Eigen::Index> feature);

/// The law on the way between two, densities, importances, correlations and values evenly; both of as many
/// features, sets and active ones. Throws InputError where they are not.
FeatureDistribution law_between(const FeatureDistribution& from, const FeatureDistribution& to, double share);

/// The share of each way at which the phase is no longer that of `from`, to 1e-4 of it: by bisection, the
/// optimum between being the lowest of the descents from both ends' optima and from random starts. Throws as
/// sweep does.
std::vector<double> find_phase_changes(RunStore& store, const std::string& experiment,
                                       const std::vector<PhaseChangeCell>& cells, std::size_t threads);

}  // namespace digon
