#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/random.hpp"
#include "core/model/feature_distribution.hpp"

namespace digon {

/// Dense samples are drawn and processed in tiles: every array of the training loop has this many samples
/// side by side, one SIMD lane each, and fits in the first-level cache.
inline constexpr Eigen::Index tile_samples = 64;

/// One tile of samples [tile_samples × n]: column i is feature i, contiguous over the samples.
template <typename Scalar>
using Tile = Eigen::Array<Scalar, tile_samples, Eigen::Dynamic>;

/// Some samples, of which only the active features are kept.
struct ActiveSamples {
  std::vector<std::uint32_t> begin;    ///< sample k has the entries begin[k] to begin[k + 1] − 1
  std::vector<std::uint32_t> feature;  ///< of each entry
  std::vector<float> value;            ///< of each entry
  std::size_t zero_samples = 0;        ///< samples without an active feature, which have no k

  [[nodiscard]] std::size_t samples() const { return begin.empty() ? 0 : begin.size() - 1; }
};

/// Draws feature vectors of any law but that of data, in the cheaper of two ways; exactly K active and sets
/// in the second.
///
/// Dense: one 32-bit word u a feature decides both activity and value: x_i is active where u < p_i 2³², and
/// then u/(p_i 2³²) is uniform, with a resolution of 2⁻³²/p_i.
///
/// Sparse: features that depend on one another form a block, an independent feature is its own; from one
/// active block to the next, over all samples, there are geometrically many silent ones. The cost is that of
/// the active features. Blocks of unequal probability are drawn at the highest, and thinned.
class FeatureSampler {
 public:
  explicit FeatureSampler(const FeatureDistribution& features);

  /// Whether most samples have so few active features that draw_active is the cheaper way.
  [[nodiscard]] bool is_sparse() const { return sparse_; }

  /// The index-th tile of a stream; any tile can be drawn alone.
  void draw(const RandomStream& stream, std::size_t index, Tile<float>& x) const;

  /// The index-th group of so many samples of a stream, of any law.
  void draw_active(const RandomStream& stream, std::size_t index, std::size_t samples,
                   ActiveSamples& out) const;

 private:
  /// The words for which something of probability p is on: word <= last, if any; word × scale is then
  /// uniform.
  struct Threshold {
    explicit Threshold(double probability);
    std::uint32_t last = 0;
    float scale = 0.0F;  ///< 1/(p 2³²); 0 where never on
  };
  /// Features on together (correlated) or one at a time.
  struct Block {
    SetRelation relation = SetRelation::correlated;
    std::vector<std::uint32_t> members;
    std::vector<double> share;  ///< anti-correlated: of the block's probability up to and with each member
    Threshold on{0.0};          ///< of the highest block's probability
    double density = 0.0;       ///< correlated: of each member
    double together = 1.0;      ///< correlated: the share of the block's probability where all are on as one
  };
  class Words;

  [[nodiscard]] float value_of(float unit) const;
  void add_some(const Block& block, Words& words, ActiveSamples& out) const;
  void draw_exactly(const RandomStream& stream, std::size_t index, std::size_t samples,
                    ActiveSamples& out) const;
  void add_block(const Block& block, float unit, Words& words, ActiveSamples& out) const;

  float least_;  // of an active value, and the width of its law
  float width_;
  std::vector<Threshold> feature_;
  std::vector<Block> blocks_;
  std::optional<std::size_t> active_;  // exactly so many
  double highest_ = 0.0;               // probability of a block
  bool sparse_ = false;
};

}  // namespace digon
