#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "theory/search/local_descent.hpp"

namespace digon {

// Draws from the posterior that the learning coefficient is about (lau2023),
//   p(w) ∝ exp(−nβ (L(w) − L(w*)) − γ ‖w − w*‖² / 2),
// L the population loss itself, of no minibatch: nothing in the gradient is noise, and no step size leaves a
// bias, since every proposal is accepted or refused by the exact L. Hamiltonian trajectories of random
// lengths, their step found by dual averaging (hoffman2014), in the coordinates z of w = w* + A z in which
// the posterior's second-order form at w* is the unit one: curved directions are as wide as the flat ones.
//
// Example: L = w²/2, nβ = 100, γ → 0: w has the standard deviation 1/10, and the mean of nβ L is 1/2.

/// The posterior near a point w* [N].
struct LocalPosterior {
  SmoothFunction loss;
  Eigen::VectorXd at;
  double inverse_temperature = 1.0;  ///< nβ
  double localisation = 1.0;         ///< γ > 0
};

/// The second-order form of a loss at a point: eigenvalues [N], ascending, and directions [N×N].
struct Curvature {
  Eigen::VectorXd eigenvalues;
  Eigen::MatrixXd directions;
};
Curvature curvature_at(const SmoothFunction& loss, const Eigen::VectorXd& at);

struct SamplingOptions {
  std::size_t chains = 4;
  std::size_t warm_up = 300;  ///< draws of each chain before those that count
  std::size_t draws = 500;    ///< of each chain
  /// Mean length of a trajectory, where z is 1 wide; 0: one step a draw, which is the Metropolis-adjusted
  /// Langevin algorithm (MALA).
  double trajectory = 1.6;
  std::size_t most_steps = 1000;  ///< of a trajectory
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; the draws do not depend on it
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with draws done
  /// One more number of each draw, of its w; or none.
  std::function<double(const Eigen::VectorXd&)> watch = {};
};

/// What was drawn; a column a chain.
struct PosteriorDraws {
  Eigen::MatrixXd excess;    ///< [draws × chains] nβ (L(w) − L(w*))
  Eigen::MatrixXd distance;  ///< [draws × chains] ‖w − w*‖²
  Eigen::MatrixXd watched;   ///< [draws × chains] of SamplingOptions::watch
  /// [draws·chains × groups] z_k ∂U/∂z_k − 1, U = −log p, summed over the directions k of a group, chain by
  /// chain: their means are 0 whatever the loss (integration by parts), which is what makes them control
  /// variates.
  Eigen::MatrixXd controls;
  double acceptance = 0.0;   ///< of the trajectories that count, the mean of their probabilities
  std::size_t diverged = 0;  ///< trajectories that came where the loss cannot be evaluated or energy is lost
  std::size_t evaluations = 0;  ///< of the gradient, those of the warm-up included
};

/// Chains from points drawn about w*. Throws InputError on no chains, draws below 4 or nβ or γ that are not
/// above 0, Interrupted where an end was asked for.
PosteriorDraws draw_posterior(const LocalPosterior& posterior, const Curvature& curvature,
                              const SamplingOptions& options = {});

}  // namespace digon
