#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "theory/singular/extrapolation.hpp"

namespace digon {

// λ without a temperature: the share of a Gaussian about w*, of covariance 1/γ, where L(w) − L(w*) ≤ ε is
//   V(ε) ~ C ε^λ (log 1/ε)^(m−1).
// Probabilities of 10⁻⁵⁰ by nested levels (multilevel splitting, skilling2006): of a population of points
// below ε_k the better half says where ε_(k+1) is, V(ε_(k+1)) = V(ε_k)/2, and is doubled and moved about
// below it, by differences of other points (terbraak2006), which are as long and as narrow as the set itself.
//
// Example: L = w², γ = 1: V(ε) = P(|w| ≤ √ε) ≈ √(2ε/π), λ = ½.

struct VolumeOptions {
  double localisation = 100.0;          ///< γ
  double least_excess = 1e-6;           ///< the ε to come down to
  std::size_t population = 200;         ///< points of a run
  std::size_t moves_per_parameter = 3;  ///< of each point at each level
  std::size_t runs = 4;                 ///< that know nothing of each other: the error is their spread
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; the result does not depend on it
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with runs done
};

/// The slope of log V between two ε.
struct VolumeSlope {
  double excess = 0.0;  ///< their geometric mean
  double slope = 0.0;
  double error = 0.0;  ///< standard error, from the spread of the runs
};

struct VolumeScaling {
  std::vector<VolumeSlope> slopes;  ///< a factor of ten of ε each, from wide to narrow
  Extrapolation lambda;             ///< ε → 0
  /// By how much L was found below L(w*) in the Gaussian, beyond 1e-12: w* is no minimum there, and there are
  /// no slopes.
  double below = 0.0;
};

/// L(w) − L(w*), and nothing of its gradient.
using Excess = std::function<double(const Eigen::VectorXd& w)>;

/// For some twenty parameters: moves grow with their number. Throws InputError on more than 40, fewer than 2
/// runs, a population below 10 or odd, or an ε that leaves no decade; Interrupted.
VolumeScaling volume_scaling(const Excess& excess, const Eigen::VectorXd& at,
                             const VolumeOptions& options = {});

}  // namespace digon
