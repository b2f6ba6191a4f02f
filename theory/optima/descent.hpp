#pragma once

#include <Eigen/Core>

#include "theory/optima/objective.hpp"
#include "theory/search/local_descent.hpp"

namespace digon {

/// Where a descent ended.
struct Descent {
  ToyModel model;
  double loss = 0.0;
  double gradient_norm = 0.0;  ///< ‖∂L/∂(W, b)‖
};

/// The local minimum reached from a model, by L-BFGS on W_i and b_i (and row i of W_out) in units of 1/√I_i,
/// with a short first step: a long one carries biases to where outputs are never positive, and no gradient
/// leads back. Throws ToleranceError where the loss cannot be evaluated at the start.
///
/// Example: L_1 of one feature in one dimension, importance 1, from W = 0.5, b = 0 ends at W = 1, b = 0,
/// where the loss is 0.
/// Tolerances are relative to the loss of the model that always answers 0; `bar` is a loss. A bound on the
/// coherence is kept to 1e-9 of ‖W_i‖‖W_j‖, by an augmented Lagrangian; the gradient's norm is then that of
/// the loss alone, which the bound holds away from 0.
Descent descend(const Objective& objective, const ToyModel& start, const DescentOptions& options = {});

/// A feature shorter than this at the end of a descent is absent.
inline constexpr double absent_norm_of_descents = 1e-3;

/// The descent's end with its absent features set right: where ‖W_i‖ is below that a feature is left out
/// whole, W_i = 0, with the objective's absent bias, if that lowers the loss. Descents leave such features at
/// b_i < 0, dead: their outputs are never on, and no gradient leads back. No other feature's output feels the
/// change.
Descent with_best_absent_biases(const Objective& objective, const Descent& end);

/// The Hessian of the objective at a model by central differences of its gradient, over W column by column,
/// then b [(nm+n)×(nm+n)]; with W_outᵀ between where there is one.
Eigen::MatrixXd hessian(const Objective& objective, const ToyModel& model);

/// The eigenvalues of a Hessian off the rotations of W, under which every loss is constant, ascending.
Eigen::VectorXd hessian_eigenvalues(const Eigen::MatrixXd& hessian, const ToyModel& model);

}  // namespace digon
