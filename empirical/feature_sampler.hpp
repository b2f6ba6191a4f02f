#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "core/feature_distribution.hpp"
#include "core/random.hpp"

namespace digon {

/// Samples are drawn and processed in tiles: every array of the training loop has this many samples side by
/// side, one SIMD lane each, and fits in the first-level cache.
inline constexpr Eigen::Index tile_samples = 64;

/// One tile of samples [tile_samples × n]: column i is feature i, contiguous over the samples.
template <typename Scalar>
using Tile = Eigen::Array<Scalar, tile_samples, Eigen::Dynamic>;

/// Draws feature vectors: x_i = 0 with probability S_i, else uniform on (0, 1), independently.
///
/// One 32-bit word u decides both: x_i is active where u < p_i 2³², and then (u + ½)/(p_i 2³²) is uniform,
/// with a resolution of 2⁻³²/p_i.
class FeatureSampler {
 public:
  explicit FeatureSampler(const FeatureDistribution& features);

  /// The index-th tile of a stream; any tile can be drawn alone.
  void draw(const RandomStream& stream, std::size_t index, Tile<float>& x) const;

 private:
  Eigen::Array<std::uint32_t, Eigen::Dynamic, 1> last_active_;  // active where word <= last_active, if any
  Eigen::ArrayXf scale_;                                        // 1/(p_i 2³²); 0 where never active
};

}  // namespace digon
