#pragma once

#include <cstdint>

#include "core/model/toy_model.hpp"

namespace digon {

/// W with normal entries of the given scale and biases of either sign.
ToyModel random_model(Eigen::Index n, Eigen::Index m, double scale, std::uint64_t seed,
                      ModelKind kind = ModelKind::relu_output);

/// A density and an importance of each feature, all different.
FeatureDistribution uneven_features(Eigen::Index n, std::uint64_t seed);

/// An orthogonal matrix [m×m].
Eigen::MatrixXd random_rotation(Eigen::Index m, std::uint64_t seed);

}  // namespace digon
