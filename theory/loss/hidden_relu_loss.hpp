#pragma once

#include "theory/loss/one_sparse_loss.hpp"

namespace digon {

/// L_1 of a model with a ReLU in its hidden layer: the ReLU hidden model, or the absolute value model, whose
/// active feature has either sign with probability 1/2 and the target |x|.
///
/// Without a bias in the hidden layer a ray of inputs x = ±t e_i stays a ray: h_a = max(±W_ai, 0) t, so
/// output j is max(g_j t + b_j, 0) with g_j = Σ_a D_aj max(±W_ai, 0), and its error is the same cubic as that
/// of the ReLU output model. elhage2022 §§6, 7. To a relative 1e-14. Throws InputError for a model with a
/// linear hidden layer.
OneSparseLoss hidden_relu_one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance);

}  // namespace digon
