#include "empirical/feature_sampler.hpp"

#include <algorithm>
#include <cmath>

namespace digon {

static_assert(tile_samples == RandomStream::group, "one feature's tile is one group of random words");

FeatureSampler::FeatureSampler(const FeatureDistribution& features)
    : last_active_(features.features()), scale_(features.features()) {
  for (Eigen::Index i = 0; i < features.features(); ++i) {
    // The number of the 2³² words for which the feature is active.
    const double active_words = std::round(features.density[i] * 0x1p32);
    last_active_[i] =
        active_words > 0.0 ? static_cast<std::uint32_t>(active_words - 1.0) : 0;  // then scale is 0
    scale_[i] = active_words > 0.0 ? static_cast<float>(1.0 / active_words) : 0.0F;
  }
}

void FeatureSampler::draw(const RandomStream& stream, std::size_t index, Tile<float>& x) const {
  const Eigen::Index n = scale_.size();
  for (Eigen::Index i = 0; i < n; ++i) {
    alignas(64) std::uint32_t words[tile_samples];
    stream.fill(words, index * std::size_t(n) + std::size_t(i));
    const std::uint32_t last = last_active_[i];
    const float scale = scale_[i];
    float* column = x.col(i).data();
    for (Eigen::Index k = 0; k < tile_samples; ++k) {
      // The top 31 bits as a signed number convert in one instruction; half a step keeps the value inside (0,
      // 1).
      const float word = 2.0F * static_cast<float>(static_cast<std::int32_t>(words[k] >> 1)) + 0.5F;
      column[k] = words[k] <= last ? std::min(word * scale, 1.0F) : 0.0F;
    }
  }
}

}  // namespace digon
