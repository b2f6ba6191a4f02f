#pragma once

#include <Eigen/Core>

namespace digon {

// A loss of WᵀW is constant under W → QW, Q orthogonal: at a minimum its Hessian has a zero for each
// rotation, and says whether the minimum is strict only off them.
//
// Example: L = ((W_1)² + (W_2)² − 1)² of W = (1, 0)ᵀ, m = 2 and n = 1. Its one rotation is (0, 1)ᵀ (up to
// sign), its Hessian diag(8, 0), and the eigenvalue off the rotation is 8.

/// The directions W → ΩW of W [m×n], one a column for each pair c < a of rows: Ω_ac = 1, Ω_ca = −1
/// [mn × m(m−1)/2], the entries of W column by column.
Eigen::MatrixXd rotations_of(const Eigen::MatrixXd& W);

/// The eigenvalues, ascending, of a Hessian [N×N] on all that is orthogonal to given directions [N×d], along
/// which it is known to be flat, e.g. rotations_of; none where they span everything. Directions that depend
/// on each other count once: pivots below `threshold` of the largest are 0. Each is closer than 1e-15 N times
/// the largest eigenvalue of the Hessian.
Eigen::VectorXd eigenvalues_off(const Eigen::MatrixXd& hessian, const Eigen::MatrixXd& directions,
                                double threshold = 1e-12);

}  // namespace digon
