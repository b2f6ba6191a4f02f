#pragma once

#include <Eigen/Core>

#include "empirical/training/training.hpp"

namespace digon {

/// To what share a loss and its gradient need be known: no closer than an optimiser can use.
inline constexpr double tolerance_of_training = 1e-7;

/// The objective of training from a loss of tied models with derivatives by_W [m×n] and by_b [n], as the
/// exact loss has them.
template <typename LossOfModel>
ParameterObjective parameter_objective(LossOfModel loss_of_model) {
  return [loss_of_model](const Parameters<double>& parameters, Eigen::VectorXd& gradient) {
    const auto loss = loss_of_model(parameters.model());
    gradient.resize(parameters.values.size());
    gradient << loss.by_W.reshaped(), loss.by_b;
    return loss.loss;
  };
}

}  // namespace digon
