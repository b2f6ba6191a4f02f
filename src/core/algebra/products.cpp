#include "core/algebra/products.hpp"

namespace digon {

Eigen::MatrixXd gram(const Eigen::MatrixXd& W) {
  return W.transpose() * W;
}

Eigen::MatrixXd product(const Eigen::MatrixXd& A, const Eigen::MatrixXd& B) {
  return A * B;
}

Eigen::MatrixXd transposed_product(const Eigen::MatrixXd& A, const Eigen::MatrixXd& B) {
  return A.transpose() * B;
}

}  // namespace digon
