#pragma once

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {

/// The loss of a linear or ReLU output model on the T samples of features.data, and its gradient,
///   L = (1/T) Σ_t Σ_j I_j (x_tj − x'_tj)²,
/// summed: exact to rounding, 1e-15 √T of the sum of the terms' sizes. Cost O(T n m), by blocks of samples
/// over the threads; the result does not depend on how many.
///
/// The sample (1, 0) and W = (1, −1), b = 0, I = 1: h = 1, x' = (1, 0), no loss; (0.5, 1) makes h = −0.5, x'
/// = (0, 0.5), 0.25 + 0.25: L = 0.25 over the two.
///
/// Throws InputError on a bad model or distribution, or a ReLU in the hidden layer.
ExactLoss data_loss(const ToyModel& model, const FeatureDistribution& features, std::size_t threads = 1);
LossGradient data_loss_gradient(const ToyModel& model, const FeatureDistribution& features,
                                std::size_t threads = 1);

}  // namespace digon
