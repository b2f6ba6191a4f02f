#pragma once

#include <Eigen/Core>

#include "core/toy_model.hpp"

namespace digon {

/// L_0 = Σ_j I_j max(b_j, 0)²: the loss when no feature is active. For the linear model, Σ_j I_j b_j².
/// `importance` is I [n].
double zero_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance);

/// L_1, the loss summed over the n inputs with exactly one feature active, in the paper's two parts
/// (elhage2022 §2, "Mathematical Understanding").
struct OneSparseLoss {
  /// [n] I_i ∫₀¹ (x − max(‖W_i‖²x + b_i, 0))² dx: what is lost of feature i itself.
  Eigen::VectorXd feature_benefit;
  /// [n] Σ_{j≠i} I_j ∫₀¹ max(W_j·W_i x + b_j, 0)² dx: what feature i causes at the other outputs.
  Eigen::VectorXd interference;

  [[nodiscard]] double total() const { return feature_benefit.sum() + interference.sum(); }
};

/// L_1 of either kind of model (the linear one without the max), integrated in closed form.
OneSparseLoss one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance);

}  // namespace digon
