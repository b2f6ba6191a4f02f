#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// What an attack of bounded norm does to one input.
struct Attack {
  Eigen::VectorXd perturbation;  ///< δ [n]
  double clean = 0.0;            ///< Σ_j I_j (x'_j(x) − t_j)²
  double attacked = 0.0;         ///< Σ_j I_j (x'_j(x + δ) − t_j)², t the target of the clean x
};

/// The strongest attack found on x [n] with ‖δ‖ ≤ radius. Inside one linear region of the model the attacked
/// loss is convex, so its maximum lies on the sphere where δ is parallel to the gradient: δ ← radius g/‖g‖ is
/// iterated from the directions that open each output, the most promising ones first.
Attack strongest_attack(const ToyModel& model, const Eigen::VectorXd& importance, const Eigen::VectorXd& x,
                        double radius);

/// Vulnerability of a model, elhage2022 §5: how much an L2-bounded attack raises the loss.
struct Vulnerability {
  double radius = 0.0;  ///< of the attacks
  double clean = 0.0;   ///< mean loss
  double clean_standard_error = 0.0;
  double attacked = 0.0;  ///< mean loss under attack
  double increase = 0.0;  ///< attacked − clean
  double relative = 0.0;  ///< increase, in units of the reference's; 0 where no attack raises that one's loss
  double by_jacobian = 0.0;  ///< the increase were the model linear, with its Jacobian at each input
};

struct VulnerabilityOptions {
  double radius_share = 0.1;  ///< of the mean norm of the inputs
  std::size_t samples = 1024;
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; the result does not depend on it
};

/// Attacks the same inputs of a distribution on a model and on the reference that vulnerability is measured
/// in units of, a model without superposition. Throws InputError on bad models, distribution or options.
Vulnerability vulnerability(const ToyModel& model, const ToyModel& reference,
                            const FeatureDistribution& features, const VulnerabilityOptions& options = {});

}  // namespace digon
