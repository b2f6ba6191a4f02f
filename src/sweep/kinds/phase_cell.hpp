#pragma once

#include <vector>

#include "sweep/run_store.hpp"
#include "theory/optima/phase.hpp"

namespace digon {

/// The grid of a phase diagram: every density with every relative importance of the last feature.
struct PhaseGrid {
  Eigen::Index features = 2;            ///< n, in m = n − 1 dimensions
  Eigen::VectorXd density;              ///< ascending
  Eigen::VectorXd relative_importance;  ///< ascending
  ActiveValue values = {};              ///< of active features
  Penalty penalty = {};                 ///< added to every loss

  [[nodiscard]] std::size_t cells() const { return std::size_t(density.size() * relative_importance.size()); }
  /// Cell k = row × columns + column: a row a relative importance, a column a density.
  [[nodiscard]] PhasePoint point(std::size_t k) const;
};

/// `count` values from low to high, even in the logarithm.
Eigen::VectorXd logarithmic_grid(Eigen::Index count, double low, double high);

/// A point as the settings of cells have it.
nlohmann::json describe(const PhasePoint& point);
PhasePoint phase_point_from(const nlohmann::json& described);

/// One cell of the diagram.
struct PhaseCell {
  PhasePoint point;
  std::vector<CandidateLoss> candidates;  ///< the best first
  ExactPhase exact;
  ExactPhase without_biases;  ///< the optimum of models whose biases are 0
};

/// A point of the boundary between two neighbouring cells of different phases.
struct Transition {
  PhasePoint at;
  Phase from = Phase::absent;  ///< of the denser or less important neighbour
  Phase to = Phase::absent;
};

/// The theory of every cell; throws as sweep does.
std::vector<PhaseCell> compute_phases(RunStore& store, const PhaseGrid& grid, std::uint64_t seed,
                                      std::size_t threads);

/// Every change of phase between neighbours along either axis, refined; throws as sweep does.
std::vector<Transition> find_transitions(RunStore& store, const PhaseGrid& grid,
                                         const std::vector<PhaseCell>& cells, std::size_t threads);

}  // namespace digon
