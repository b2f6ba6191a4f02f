#pragma once

#include <Eigen/Core>

#include "core/model/toy_model.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/loss_gradient.hpp"

namespace digon {

/// L_0 = Σ_j I_j max(b_j, 0)²: the loss when no feature is active. For the linear model, Σ_j I_j b_j².
/// `importance` is I [n]. To a relative 1e-15.
double zero_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance);

/// L_1, the loss summed over the n inputs with exactly one feature active, in the paper's two parts
/// (elhage2022 §2, "Mathematical Understanding").
struct OneSparseLoss {
  /// [n] I_i ∫₀¹ (x − max(‖W_i‖²x + b_i, 0))² dx, of x uniform on [0, 1]: what is lost of feature i itself.
  Eigen::VectorXd feature_benefit;
  /// [n] Σ_{j≠i} I_j ∫₀¹ max(W_j·W_i x + b_j, 0)² dx: what feature i causes at the other outputs.
  Eigen::VectorXd interference;

  [[nodiscard]] double total() const { return feature_benefit.sum() + interference.sum(); }
};

/// The interference of L_1 pair by pair, [n×n]: entry (j, i) is I_j ∫₀¹ max(W_j·W_i x + b_j, 0)² dx, what
/// feature i alone causes at output j; the diagonal is 0. Its column sums are OneSparseLoss::interference.
Eigen::MatrixXd pairwise_interference(const ToyModel& model, const Eigen::VectorXd& importance, Law law = {});

/// L_1 of either kind of model (the linear one without the max), integrated in closed form, to a relative
/// 1e-14 for n ≤ 6 (rounding of n² terms of one sign).
OneSparseLoss one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance, Law law = {});

/// L_1 of the ReLU output model and its gradient, in closed form, to the same. Throws InputError for a linear
/// model.
LossGradient one_sparse_loss_gradient(const ToyModel& model, const Eigen::VectorXd& importance, Law law = {});

}  // namespace digon
