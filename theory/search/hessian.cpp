#include "theory/search/hessian.hpp"

namespace digon {

Eigen::MatrixXd hessian(const SmoothFunction& f, const Eigen::VectorXd& x) {
  constexpr double h = 1e-5;
  const Eigen::Index size = x.size();
  const auto gradient = [&](const Eigen::VectorXd& at) {
    Eigen::VectorXd by_x(size);
    f({at.data(), size}, {by_x.data(), size});
    return by_x;
  };
  Eigen::MatrixXd H(size, size);
  for (Eigen::Index k = 0; k < size; ++k) {
    const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(size, k);
    H.col(k) = (gradient(x + step) - gradient(x - step)) / (2.0 * h);
  }
  return (H + H.transpose()) / 2.0;
}

}  // namespace digon
