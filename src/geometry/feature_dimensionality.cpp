#include "geometry/feature_dimensionality.hpp"

#include "core/algebra/products.hpp"

namespace digon {

FeatureGeometry feature_geometry(const Eigen::MatrixXd& W) {
  const Eigen::Index n = W.cols();
  const Eigen::MatrixXd G = gram(W);
  FeatureGeometry geometry{W.colwise().norm(), Eigen::VectorXd::Zero(n), Eigen::VectorXd::Zero(n),
                           double(W.rows()) / W.squaredNorm()};
  for (Eigen::Index i = 0; i < n; ++i) {
    const double square = G(i, i);  // ‖W_i‖²
    if (square == 0.0) continue;
    Eigen::VectorXd others = G.col(i);
    others[i] = 0.0;
    geometry.superposition[i] = others.squaredNorm() / square;
    geometry.dimensionality[i] = square / (square + geometry.superposition[i]);
  }
  return geometry;
}

}  // namespace digon
