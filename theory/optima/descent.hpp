#pragma once

#include <Eigen/Core>

#include "theory/optima/objective.hpp"

namespace digon {

/// Where a descent ended.
struct Descent {
  ToyModel model;
  double loss = 0.0;
  double gradient_norm = 0.0;  ///< ‖∂L/∂(W, b)‖
};

/// The local minimum reached from a model, by L-BFGS on W_i and b_i in units of 1/√I_i, with a short first
/// step: a long one carries biases to where outputs are never positive, and no gradient leads back. Throws
/// ToleranceError where the loss cannot be evaluated at the start.
///
/// Example: L_1 of one feature in one dimension, importance 1, from W = 0.5, b = 0 ends at W = 1, b = 0,
/// where the loss is 0.
Descent descend(const Objective& objective, const ToyModel& start);

/// The model that so many steps of such a descent come to.
ToyModel descend_steps(const Objective& objective, const ToyModel& start, int steps);

/// The Hessian of the objective at a model by central differences of its gradient, over W column by column,
/// then b [(nm+n)×(nm+n)].
Eigen::MatrixXd hessian(const Objective& objective, const ToyModel& model);

/// The eigenvalues of a Hessian off the rotations of W, under which every loss is constant, ascending.
Eigen::VectorXd hessian_eigenvalues(const Eigen::MatrixXd& hessian, const ToyModel& model);

}  // namespace digon
