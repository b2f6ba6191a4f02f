#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

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

/// Where a descent ended.
struct Descent {
  ToyModel model;
  double loss = 0.0;
  double gradient_norm = 0.0;  ///< ‖∂L/∂(W, b)‖
};

/// The local minimum reached from a model, by L-BFGS (Ceres) on W_i and b_i in units of 1/√I_i, with a short
/// first step: a long one carries biases to where outputs are never positive, and no gradient leads back.
Descent descend(const Objective& objective, const ToyModel& start);

/// A local minimum and how many starts ended in it; minima are told apart by their loss.
struct LocalMinimum {
  Descent at;
  std::vector<std::size_t> starts;  ///< that ended here: the given ones are the first, then the random ones

  [[nodiscard]] std::size_t hits() const { return starts.size(); }
};

struct OptimumOptions {
  std::size_t starts = 32;
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; the result does not depend on it
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with starts done
};

/// The descent from a start of a search; nothing where the loss cannot be evaluated there.
std::optional<Descent> descend_if_possible(const Objective& objective, const ToyModel& start);

/// The k-th random model: columns in random directions, no biases.
ToyModel random_start(Eigen::Index features, Eigen::Index hidden, std::uint64_t seed, std::size_t k);

/// The k-th start of a search: random_start, or where the objective has a guide the lowest of 32 random
/// models that have descended a little way on it.
ToyModel search_start(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                      std::uint64_t seed, std::size_t k);

/// Descents grouped by where they ended, lowest first; the k-th is start k.
std::vector<LocalMinimum> distinct_minima(const std::vector<std::optional<Descent>>& descents);

/// The local minima found from search_starts (and the given ones), lowest first. Stops early once
/// interrupted(). Throws InputError where features < 1, hidden < 1 or there are no starts.
std::vector<LocalMinimum> find_minima(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                                      const OptimumOptions& options, const std::vector<ToyModel>& given = {});

/// The lowest of them. Throws Interrupted where there is none because no start was begun.
const Descent& lowest(const std::vector<LocalMinimum>& minima);

/// The Hessian of the objective at a model by central differences of its gradient, over (W column by column,
/// b)
/// [(nm+n)×(nm+n)].
Eigen::MatrixXd hessian(const Objective& objective, const ToyModel& model);

/// The eigenvalues of a Hessian off the rotations of W, under which every loss is constant, ascending.
Eigen::VectorXd hessian_eigenvalues(const Eigen::MatrixXd& hessian, const ToyModel& model);

}  // namespace digon
