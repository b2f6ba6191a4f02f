#include "tests/random_models.hpp"

#include <vector>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/random.hpp"

namespace digon {

ToyModel random_model(Eigen::Index n, Eigen::Index m, double scale, std::uint64_t seed, ModelKind kind) {
  std::vector<double> normal(std::size_t(n * m + n));
  fill_standard_normal(normal, {seed, Purpose::initial_weights});
  return {scale * Eigen::Map<Eigen::MatrixXd>(normal.data(), m, n),
          0.3 * Eigen::Map<Eigen::VectorXd>(normal.data() + n * m, n), kind};
}

FeatureDistribution uneven_features(Eigen::Index n, std::uint64_t seed) {
  FeatureDistribution features = uniform_features(n, 0.0);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto words = RandomStream{seed, Purpose::seed, 1}.block(std::uint64_t(i));
    features.density[i] = open_unit_interval(words[0], words[1]);
    features.importance[i] = 2.0 * open_unit_interval(words[2], words[3]);
  }
  return features;
}

Eigen::MatrixXd random_rotation(Eigen::Index m, std::uint64_t seed) {
  const Eigen::MatrixXd A = random_model(m, m, 1.0, seed).W;
  return symmetric_eigen(A + A.transpose()).vectors;
}

}  // namespace digon
