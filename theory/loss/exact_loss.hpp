#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <stdexcept>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "theory/loss/loss_gradient.hpp"

namespace digon {

struct ExactLossOptions {
  double relative_tolerance = 1e-10;  ///< of the loss
  std::size_t max_nodes = 1U << 18;   ///< of each output's contour integral
  std::size_t threads = 1;            ///< 0: one a core; the result does not depend on it
};

/// A loss below this share of the zero model's counts as this share when a tolerance is applied: the loss of
/// a perfect model is 0 and has no relative error.
inline constexpr double smallest_share = 1e-6;

/// L = Σ_j I_j E[(x_j − x'_j)²] over the feature distribution, without sampling.
struct ExactLoss {
  double loss = 0.0;
  double error = 0.0;              ///< estimate of |loss − L|: truncation, rounding
  Eigen::VectorXd reconstruction;  ///< [n] I_j p_j E[(x_j − x'_j)² | x_j active]
  Eigen::VectorXd interference;    ///< [n] I_j S_j E[(x'_j)² | x_j = 0]
  std::size_t nodes = 0;           ///< quadrature nodes, over all outputs
};

/// The tolerance cannot be met; the message names the error achieved.
struct ToleranceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whether there is an exact loss: of models whose hidden layer is linear, on features of any law that are
/// independent, in not too many sets, exactly K active, or data.
bool has_exact_loss(ModelKind kind, const FeatureDistribution& features);

/// The relative tolerance that is asked for, or the 1e-5 that a lattice is sure to reach: of constant values
/// of more features than are summed over pattern by pattern.
double reachable_tolerance(const FeatureDistribution& features, double asked);

/// The exact loss of a linear or ReLU output model, any n, any p_i and I_i, to the relative tolerance (of at
/// least 1e-6 of zero_model_loss; the linear one to 1e-13). Cost O(n²) a node. Features in
/// sets are a mixture of independent ones, 2 of a correlated set (3 where ρ < 1) and k + 1 of an
/// anti-correlated set of k, and cost that many times as much. Values that are a constant are summed over all
/// patterns (engine/constant_sum.hpp) up to 40 features that an output hears, beyond on a lattice, to some
/// 1e-6. Data are data_loss. Throws InputError on a bad model or distribution, ToleranceError where the
/// tolerance is out of reach.
ExactLoss exact_loss(const ToyModel& model, const FeatureDistribution& features,
                     const ExactLossOptions& options = {});

/// The exact loss and its gradient, as differentiated from the very sums that give the loss: with Γ_ji =
/// ∂L/∂G_ji, entries of G free, ∂L/∂W = W(Γ + Γᵀ). The norm of the error of ∂L/∂b is within the relative
/// tolerance of a fifth of zero_model_loss, or of loss_of_silence where that is more, and that of ∂L/∂W
/// about; the loss is mostly closer. Throws as exact_loss does.
LossGradient exact_loss_gradient(const ToyModel& model, const FeatureDistribution& features,
                                 const ExactLossOptions& options = {});

/// What the inputs in which no feature is active add to the loss, Π S_i Σ_j I_j max(b_j, 0)² of a model with
/// a ReLU on independent features; 0 of others. No loss is less.
double loss_of_silence(const ToyModel& model, const FeatureDistribution& features);

/// Σ_j I_j E[x_j²], I_j p_j/3 of uniform features: the loss of the model that always answers 0, the natural
/// unit of loss. To a relative 1e-15.
double zero_model_loss(const FeatureDistribution& features);

}  // namespace digon
