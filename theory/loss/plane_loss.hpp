#pragma once

#include <Eigen/SparseCore>

#include "core/model/toy_model.hpp"
#include "theory/loss/loss_gradient.hpp"

namespace digon {

/// The loss of a ReLU output model in two dimensions on T sparse samples [n×T], importance 1, and its
/// gradient,
///   L = (1/T) Σ_t Σ_j (x_tj − x'_tj)² = (1/T) Σ_t (Σ_j max(z_tj, 0)² + Σ_{j: x_tj ≠ 0} x_tj (x_tj − 2
///   max(z_tj, 0))),
/// with z_tj = W_j·h_t + b_j: data_loss without its T n outputs. What the second sum has is few. In the
/// first, output j is on for the samples whose h_t lies on one side of a line in the plane; the h_t are kept
/// in boxes within boxes, those wholly on that side add by their moments, and only those the line cuts are
/// gone through.
///
/// The sample (1, 0), W_1 = (1, 0), W_2 = (−1, 0), b = 0: h = (1, 0), z = (1, −1), x' = (1, 0), no loss; the
/// sample (0.6, 0.8) makes h = (−0.2, 0), x' = (0, 0.2), 0.36 + 0.36: L = 0.36 over the two.
///
/// Exact to rounding, 1e-15 of the sum of the terms' sizes. Throws InputError where m ≠ 2, of another model
/// kind, or where sizes disagree.
LossGradient plane_loss(const ToyModel& model, const Eigen::SparseMatrix<double>& x);

}  // namespace digon
