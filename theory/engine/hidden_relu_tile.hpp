#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <span>

#include "theory/engine/hidden_relu_network.hpp"
#include "theory/engine/sobol_net.hpp"

namespace digon {

/// The losses of as many samples as a SobolNet makes together, side by side on the lanes.
class HiddenReluTile {
 public:
  static constexpr std::size_t samples = SobolNet::block;
  using Numbers = std::array<double, samples>;

  explicit HiddenReluTile(const HiddenReluNetwork& network);

  /// Feature i of every sample, to be written.
  std::span<double, samples> x(Eigen::Index i) {
    return std::span<double, samples>(x_.data() + std::size_t(i) * samples, samples);
  }
  void clear() { x_.setZero(); }

  /// Σ_j I_j (t_j − y'_j)² of each sample.
  const Numbers& losses();

  /// After losses(): adds the gradient of the sum over the first `count` samples, weighted.
  void add_gradient(double weight, std::size_t count, HiddenReluGradient& sum);

 private:
  const HiddenReluNetwork& network_;
  double target_above_;  // of x > 0, the target over x
  double target_below_;
  Eigen::VectorXd x_;      // [samples × n]
  Eigen::VectorXd h_;      // [samples × m] after the ReLU
  Eigen::VectorXd delta_;  // [samples × n] I_j (z_j − t_j) where z_j > 0
  Eigen::VectorXd back_;   // [samples × m]
  Numbers losses_{};
};

}  // namespace digon
