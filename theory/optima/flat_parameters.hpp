#pragma once

#include "theory/optima/objective.hpp"
#include "theory/search/local_descent.hpp"

namespace digon {

// The parameters of a model as one vector, as descents and samplers move it: W column by column, W_outᵀ
// likewise where there is one, and b.

Eigen::VectorXd flatten(const Eigen::MatrixXd& W, const Eigen::MatrixXd& W_out, const Eigen::VectorXd& b);
Eigen::VectorXd flatten(const ToyModel& model);
Eigen::VectorXd flatten(const LossGradient& loss);

/// The model of such parameters, of the shape and kind of another.
ToyModel unflatten(const Eigen::VectorXd& parameters, const ToyModel& like);

/// An objective as a function of the parameters of models like this one; infinite where it cannot be
/// evaluated.
SmoothFunction function_of_parameters(const Objective& objective, const ToyModel& like);

}  // namespace digon
