#pragma once

#include <functional>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "theory/loss/loss_gradient.hpp"

namespace digon {

/// A loss to be minimised over all W and b of a ReLU output model.
struct Objective {
  /// May throw ToleranceError where it cannot be evaluated: a minimiser steps back from there.
  std::function<LossGradient(const ToyModel&)> loss;
  Eigen::VectorXd importance;  ///< [n] the scale of each feature's share of the loss
  /// Empty, or a loss that costs next to nothing and whose minima tell where good ones of this loss are.
  std::function<LossGradient(const ToyModel&)> guide = {};

  LossGradient operator()(const ToyModel& model) const { return loss(model); }
};

/// The exact loss of a distribution; its relative tolerance is what minima can be told apart by. Its guide is
/// L_1 where there are ten or more features, alike in density, independent, and mostly alone (Σp_i ≤ 1/2):
/// fewer need none, and where several are active at once L_1 leads astray.
Objective exact_objective(const FeatureDistribution& features, double relative_tolerance = 1e-9);

/// L_1 for importance I [n], the sparse limit.
Objective one_sparse_objective(const Eigen::VectorXd& importance);

/// An objective of models whose biases are all 0: it takes no notice of b.
Objective without_biases(const Objective& objective);

}  // namespace digon
