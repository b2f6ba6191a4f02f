#include "theory/search/sphere_descent.hpp"

#include "theory/numerics/sphere_product.hpp"

namespace digon {

Eigen::MatrixXd descend_on_spheres(const PointsFunction& f, const Eigen::MatrixXd& W,
                                   const DescentOptions& options) {
  const Eigen::Index m = W.rows();
  const Eigen::Index n = W.cols();
  const Eigen::MatrixXd start = W.colwise().normalized();
  const Eigen::MatrixXd end =
      local_descent(
          [&](Eigen::Map<const Eigen::VectorXd> x, Eigen::Map<Eigen::VectorXd> gradient) {
            return f({x.data(), m, n}, {gradient.data(), m, n});
          },
          start.reshaped(), std::make_unique<SphereProduct>(m, n), options)
          .reshaped(m, n);
  return end.colwise().normalized();
}

Eigen::MatrixXd along_spheres(const Eigen::MatrixXd& W, const Eigen::MatrixXd& by_W) {
  const Eigen::RowVectorXd radial = W.cwiseProduct(by_W).colwise().sum();
  return by_W - W * radial.asDiagonal();
}

}  // namespace digon
