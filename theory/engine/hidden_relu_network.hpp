#pragma once

#include <Eigen/Core>
#include <vector>

namespace digon {

/// One way for an active feature to leave 0: x = extent · u with u uniform on [0, 1].
struct FeatureRay {
  double extent = 1.0;
  double probability = 1.0;
  double target = 1.0;  ///< the target is target · u
};

/// z = D max(Wx, 0) + b, y' = max(z, 0), as the engine takes a model with a ReLU in its hidden layer: without
/// a bias there, the hidden layer is linear on cones that begin at 0, H(rx) = r H(x). An active feature is
/// uniform on an interval that has 0 in it: at 0 or between its ends, of which each is a ray.
///
/// |x| of x on [−1, 1]: two rays, of extents 1 and −1, probability 1/2 and target 1.
struct HiddenReluNetwork {
  Eigen::MatrixXd W;           ///< [m×n]
  Eigen::MatrixXd D;           ///< [n×m] W_out, Wᵀ of a tied model
  Eigen::VectorXd b;           ///< [n]
  Eigen::VectorXd importance;  ///< [n]
  std::vector<FeatureRay> rays;

  [[nodiscard]] Eigen::Index features() const { return W.cols(); }
  [[nodiscard]] Eigen::Index hidden() const { return W.rows(); }
};

/// Derivatives by all parameters, W and D apart.
struct HiddenReluGradient {
  Eigen::MatrixXd by_W;
  Eigen::MatrixXd by_D;
  Eigen::VectorXd by_b;

  static HiddenReluGradient zero(const HiddenReluNetwork& network) {
    return {Eigen::MatrixXd::Zero(network.W.rows(), network.W.cols()),
            Eigen::MatrixXd::Zero(network.D.rows(), network.D.cols()),
            Eigen::VectorXd::Zero(network.b.size())};
  }
  void add(double weight, const HiddenReluGradient& other) {
    by_W += weight * other.by_W;
    by_D += weight * other.by_D;
    by_b += weight * other.by_b;
  }
};

}  // namespace digon
