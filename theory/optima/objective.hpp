#pragma once

#include <functional>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/loss_gradient.hpp"

namespace digon {

/// A loss to be minimised over all W and b of a ReLU output model, or of one with a ReLU in its hidden layer
/// (and over W_out where it is untied).
struct Objective {
  /// May throw ToleranceError where it cannot be evaluated: a minimiser steps back from there.
  std::function<LossGradient(const ToyModel&)> loss;
  Eigen::VectorXd importance;  ///< [n] the scale of each feature's share of the loss
  /// Empty, or a loss that costs less and whose minima tell where good ones of this loss are.
  std::function<LossGradient(const ToyModel&)> guide = {};
  /// Whether the guide is in closed form, and smooth: its minima are cheap to find to the end.
  bool has_smooth_guide = false;
  /// What interference adds to a feature's share: W_i bends the loss by I_i p_i/3 of its own output and by
  /// some Σ_j I_j p_j p_i of the others'. Descents on the guide go in units of 1/√(I_i + this).
  double interference = 0.0;
  /// Empty, or the bias that costs least where a feature is absent, max(E x_i, 0) [n].
  Eigen::VectorXd absent_bias = {};
  /// Descents end where |cos(W_i, W_j)| ≤ this for all i ≠ j that are not absent; 1: wherever the loss is
  /// least.
  double max_coherence = 1.0;
  /// Empty, or the same loss of other importances [n].
  std::function<Objective(const Eigen::VectorXd& importance)> of_importance = {};
  ModelKind kind = ModelKind::relu_output;

  LossGradient operator()(const ToyModel& model) const { return loss(model); }
};

/// The exact loss of a distribution; its relative tolerance is what minima can be told apart by. Its guide is
/// the loss to second order in the densities where that is within some 1% (independent features, Σp_i ≤
/// 0.65), else the exact loss to a relative 1e-5.
Objective exact_objective(const FeatureDistribution& features, double relative_tolerance = 1e-10);

/// The loss of a model with a ReLU in its hidden layer on fixed samples (loss/hidden_relu_loss.hpp), with
/// fewer of them as its guide: 8192 and 1024, of more than 32 features 65536 and 16384, whose pairs are then
/// sampled too. Throws InputError where there is none.
Objective hidden_relu_objective(ModelKind kind, const FeatureDistribution& features);

/// The one or the other.
Objective objective_of_kind(ModelKind kind, const FeatureDistribution& features);

/// L_1 for importance I [n], the sparse limit.
Objective one_sparse_objective(const Eigen::VectorXd& importance, Law law = {});

/// An objective of models whose biases are all 0: it takes no notice of b.
Objective without_biases(const Objective& objective);

}  // namespace digon
