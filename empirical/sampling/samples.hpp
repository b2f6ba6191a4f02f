#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "core/model/feature_distribution.hpp"

namespace digon {

/// T feature vectors x of any law, a column a sample [n×T], independent of each other: samples of data are
/// drawn from them evenly, with repeats. The k-th is the same whatever T and the number of threads (0: one a
/// core). Throws InputError on a bad distribution. Values are drawn in single precision.
Eigen::MatrixXd draw_samples(const FeatureDistribution& features, Eigen::Index T, std::uint64_t seed,
                             std::size_t threads = 0);

/// The same, but of data the first T as they come, or as many as there are.
Eigen::MatrixXd recovery_inputs(const FeatureDistribution& features, Eigen::Index T, std::uint64_t seed,
                                std::size_t threads = 0);

}  // namespace digon
