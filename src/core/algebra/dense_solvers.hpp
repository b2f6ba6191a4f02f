#pragma once

#include <Eigen/Core>

namespace digon {

// Eigen's decompositions, compiled once: they are most of a file's compile time wherever they are used.

/// Of a symmetric matrix, ascending; column k of `vectors` belongs to value k.
struct SymmetricEigen {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};
SymmetricEigen symmetric_eigen(const Eigen::MatrixXd& A);
Eigen::VectorXd symmetric_eigenvalues(const Eigen::MatrixXd& A);
/// Of the symmetric matrix with that diagonal [k] and the entries beside it [k − 1], ascending.
Eigen::VectorXd tridiagonal_eigenvalues(const Eigen::VectorXd& diagonal, const Eigen::VectorXd& beside);

/// An orthonormal basis of all that is orthogonal to the columns of A; pivots below `threshold` of the
/// largest count as 0.
Eigen::MatrixXd orthogonal_to(const Eigen::MatrixXd& A, double threshold = 1e-12);

/// The x of least norm among those that minimise ‖A x − b‖.
Eigen::VectorXd least_norm_solution(const Eigen::MatrixXd& A, const Eigen::VectorXd& b,
                                    double threshold = 1e-12);

/// Solves A x = b by Cholesky's decomposition, of which only A's lower triangle is read; leaves it in A, and
/// x in b. False, and b as it was, where A is not positive definite.
bool solve_positive(Eigen::MatrixXd& A, Eigen::VectorXd& b);

}  // namespace digon
