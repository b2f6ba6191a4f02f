#pragma once

#include <vector>

#include "core/base/random.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// W with normal entries of the given scale and biases of either sign.
inline ToyModel random_model(Eigen::Index n, Eigen::Index m, double scale, std::uint64_t seed,
                             ModelKind kind = ModelKind::relu_output) {
  std::vector<double> normal(std::size_t(n * m + n));
  fill_standard_normal(normal, {seed, Purpose::initial_weights});
  ToyModel model{scale * Eigen::Map<Eigen::MatrixXd>(normal.data(), m, n),
                 0.3 * Eigen::Map<Eigen::VectorXd>(normal.data() + n * m, n), kind};
  return model;
}

/// A density and an importance of each feature, all different.
inline FeatureDistribution uneven_features(Eigen::Index n, std::uint64_t seed) {
  FeatureDistribution features = uniform_features(n, 0.0);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto words = RandomStream{seed, Purpose::seed, 1}.block(std::uint64_t(i));
    features.density[i] = open_unit_interval(words[0], words[1]);
    features.importance[i] = 2.0 * open_unit_interval(words[2], words[3]);
  }
  return features;
}

}  // namespace digon
