#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "sweep/run_store.hpp"
#include "theory/recovery/sparse_recovery.hpp"

namespace digon {

/// Trials of the recovery of a k-sparse x [n] from m Gaussian measurements by the least ‖x‖₁, as a cell of a
/// sweep. Each trial has a W and an x of its own, k entries uniform in [0, 1] or [−1, 1].
struct RecoveryPhaseCell {
  Eigen::Index n = 0;
  Eigen::Index m = 0;
  Eigen::Index active = 0;  ///< k
  Signs signs = Signs::nonnegative;
  std::size_t trials = 0;
  std::uint64_t seed = 0;
};

/// The share of the trials in which ‖x̂ − x‖ ≤ 1e-6 ‖x‖, of each cell; throws as sweep does.
std::vector<double> recovered_shares(RunStore& store, const std::vector<RecoveryPhaseCell>& cells,
                                     std::size_t threads);

/// Where the probability of success is one half: of shares of `trials` at several ρ, the logistic curve
/// 1/(1 + e^{(ρ − r)/s}) of greatest likelihood is r ± its standard error.
struct HalfPoint {
  double at = 0.0;
  double standard_error = 0.0;
};
HalfPoint half_point(const std::vector<double>& rho, const std::vector<double>& shares, std::size_t trials);

}  // namespace digon
