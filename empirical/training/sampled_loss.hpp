#pragma once

#include <cstddef>
#include <cstdint>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// A sample mean of Σ_j I_j (x_j − x'_j)² and its standard error.
struct SampledLoss {
  double mean = 0.0;
  double standard_error = 0.0;
  std::size_t samples = 0;
};

/// Estimates the loss from at least `samples` inputs, in double precision; the same for any number of threads
/// (0: one a core). Throws InputError on a bad model, distribution or samples < 2.
SampledLoss sampled_loss(const ToyModel& model, const FeatureDistribution& features, std::size_t samples,
                         std::uint64_t seed, std::size_t threads);

}  // namespace digon
