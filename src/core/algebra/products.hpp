#pragma once

#include <Eigen/Core>

namespace digon {

// Products of matrices, compiled once: each of Eigen's takes up to a second to compile where it is used. Not
// for loops over small matrices of fixed size, which Eigen unrolls.

/// WᵀW.
Eigen::MatrixXd gram(const Eigen::MatrixXd& W);

/// A B.
Eigen::MatrixXd product(const Eigen::MatrixXd& A, const Eigen::MatrixXd& B);

/// Aᵀ B.
Eigen::MatrixXd transposed_product(const Eigen::MatrixXd& A, const Eigen::MatrixXd& B);

}  // namespace digon
