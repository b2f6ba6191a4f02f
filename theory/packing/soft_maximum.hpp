#pragma once

#include <Eigen/Core>

#include "theory/packing/code_kind.hpp"

namespace digon {

/// The soft maximum β⁻¹ log Σ_{i<j} e^{β w_i·w_j} of n unit vectors in R^m, the columns of W [m×n], of both
/// signs of w_i·w_j for lines, and its derivative by W, to be written [m×n], not projected onto the spheres.
/// It is above the coherence, by at most β⁻¹ log of the number of terms. To 1e-14, for n ≥ 2 and β > 0.
///
/// Example: two opposite points, β = 10: −1, and with both signs 1.
double soft_maximum(CodeKind kind, double sharpness, const Eigen::Ref<const Eigen::MatrixXd>& W,
                    Eigen::Ref<Eigen::MatrixXd> by_W);

}  // namespace digon
