#include "theory/numerics/off_rotations.hpp"

#include "core/algebra/dense_solvers.hpp"
#include "core/algebra/products.hpp"

namespace digon {

Eigen::MatrixXd rotations_of(const Eigen::MatrixXd& W) {
  const Eigen::Index m = W.rows();
  Eigen::MatrixXd directions(W.size(), m * (m - 1) / 2);
  Eigen::Index column = 0;
  for (Eigen::Index a = 0; a < m; ++a) {
    for (Eigen::Index c = 0; c < a; ++c) {
      Eigen::MatrixXd moved = Eigen::MatrixXd::Zero(m, W.cols());
      moved.row(a) = W.row(c);
      moved.row(c) = -W.row(a);
      directions.col(column++) = moved.reshaped();
    }
  }
  return directions;
}

Eigen::VectorXd eigenvalues_off(const Eigen::MatrixXd& hessian, const Eigen::MatrixXd& directions,
                                double threshold) {
  const Eigen::MatrixXd rest = orthogonal_to(directions, threshold);
  if (rest.cols() == 0) return {};
  return symmetric_eigenvalues(product(transposed_product(rest, hessian), rest));
}

}  // namespace digon
