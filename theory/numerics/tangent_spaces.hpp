#pragma once

#include <Eigen/Core>
#include <vector>

namespace digon {

/// An orthonormal basis of each sphere's tangent space at a column of W [m×n], columns of length 1, and the
/// rotations of all of W in it; orthogonal and of length 1 to 3e-15, rotations to 1e-14 of their size, for
/// any m ≥ 2.
///
/// Example: W = (1, 0)ᵀ, a point of the circle: its basis is (0, ±1)ᵀ, in which the one rotation is ±1.
struct TangentSpaces {
  std::vector<Eigen::MatrixXd> basis;  ///< [m×(m−1)] each
  Eigen::MatrixXd rotations;           ///< the directions ΩW, Ω antisymmetric [n(m−1) × m(m−1)/2]

  explicit TangentSpaces(const Eigen::MatrixXd& W);

  /// W with every column moved along its tangent step [n(m−1)] and back to length 1.
  [[nodiscard]] Eigen::MatrixXd move(const Eigen::MatrixXd& W, const Eigen::VectorXd& step) const;
};

}  // namespace digon
