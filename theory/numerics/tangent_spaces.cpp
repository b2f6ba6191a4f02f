#include "theory/numerics/tangent_spaces.hpp"

#include "core/algebra/dense_solvers.hpp"
#include "theory/numerics/off_rotations.hpp"

namespace digon {

TangentSpaces::TangentSpaces(const Eigen::MatrixXd& W) {
  const Eigen::Index m = W.rows();
  const Eigen::Index t = m - 1;
  const Eigen::MatrixXd ambient = rotations_of(W);
  rotations.resize(W.cols() * t, ambient.cols());
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    basis.push_back(orthogonal_to(W.col(i)));
    for (Eigen::Index k = 0; k < ambient.cols(); ++k) {
      rotations.col(k).segment(i * t, t) = basis.back().transpose() * ambient.col(k).segment(i * m, m);
    }
  }
}

Eigen::MatrixXd TangentSpaces::move(const Eigen::MatrixXd& W, const Eigen::VectorXd& step) const {
  const Eigen::Index t = W.rows() - 1;
  Eigen::MatrixXd moved = W;
  for (Eigen::Index i = 0; i < W.cols(); ++i) moved.col(i) += basis[std::size_t(i)] * step.segment(i * t, t);
  return moved.colwise().normalized();
}

}  // namespace digon
