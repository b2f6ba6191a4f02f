#include "empirical/sampling/feature_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

static_assert(tile_samples == RandomStream::group, "one feature's tile is one group of random words");

/// Drawing an active feature costs about this many times a dense draw, and saves the work on silent ones
/// (bench/training_bench).
constexpr double sparse_cost = 24.0;

/// No gap reaches beyond this; it keeps the sum of positions inside 64 bits.
constexpr double longest_gap = 0x1p60;

}  // namespace

/// Random words one by one, and gaps between active blocks, from the groups of one index of a stream: even
/// groups for the gaps, odd ones for the words.
class FeatureSampler::Words {
 public:
  Words(const RandomStream& stream, std::size_t index, double probability)
      : stream_(stream),
        gap_group_(std::uint64_t(index) << 32),
        word_group_(gap_group_ + 1),
        scale_(-1.0 / std::log1p(-probability)) {}

  /// How many silent blocks come before the next active one: P(gap ≥ g) = (1 − p)^g.
  std::uint64_t gap() {
    if (next_gap_ == RandomStream::group) refill_gaps();
    return static_cast<std::uint64_t>(gaps_[Eigen::Index(next_gap_++)]);
  }
  std::uint32_t word() {
    if (next_word_ == RandomStream::group) {
      stream_.fill(words_, word_group_);
      word_group_ += 2;
      next_word_ = 0;
    }
    return words_[next_word_++];
  }
  /// In [0, 1].
  float unit() { return static_cast<float>(word()) * 0x1p-32F; }

 private:
  void refill_gaps() {
    alignas(64) std::uint32_t raw[RandomStream::group];
    stream_.fill(raw, gap_group_);
    gap_group_ += 2;
    next_gap_ = 0;
    Eigen::Array<double, RandomStream::group, 1> uniform;
    for (std::size_t k = 0; k < RandomStream::group; ++k) {
      uniform[Eigen::Index(k)] = (double(raw[k]) + 0.5) * 0x1p-32;
    }
    gaps_ = (-uniform.log() * scale_).floor().min(longest_gap);
  }

  RandomStream stream_;
  std::uint64_t gap_group_;
  std::uint64_t word_group_;
  double scale_;
  Eigen::Array<double, RandomStream::group, 1> gaps_;
  alignas(64) std::uint32_t words_[RandomStream::group];
  std::size_t next_gap_ = RandomStream::group;
  std::size_t next_word_ = RandomStream::group;
};

FeatureSampler::Threshold::Threshold(double probability) {
  const double words = std::round(probability * 0x1p32);  // of the 2³², for which it is on
  if (words > 0.0) {
    last = static_cast<std::uint32_t>(words - 1.0);
    scale = static_cast<float>(1.0 / words);
  }
}

FeatureSampler::FeatureSampler(const FeatureDistribution& features)
    : least_(static_cast<float>(features.values.least)),
      width_(static_cast<float>(features.values.greatest - features.values.least)) {
  if (features.data)
    reject("sampling: features {} given; accepted: a law that is drawn from", describe_law(features));
  const Eigen::Index n = features.features();
  std::vector<double> probability;
  std::vector<char> in_set(std::size_t(n), 0);
  const auto add = [&](const FeatureSet& set) {
    const auto& [relation, members, correlation] = set;
    Block block{relation, {members.begin(), members.end()}, {}};
    double total = 0.0;
    for (const Eigen::Index i : members) {
      in_set[std::size_t(i)] = 1;
      total += features.density[i];
      block.share.push_back(total);
    }
    for (double& share : block.share) share /= total > 0.0 ? total : 1.0;
    if (relation == SetRelation::correlated) {
      block.density = features.density[members.front()];
      const double any_alone = -std::expm1(double(members.size()) * std::log1p(-block.density));
      const double together = correlation * block.density;
      const double any = together + (1.0 - correlation) * any_alone;
      block.together = correlation == 1.0 || members.size() == 1 || any == 0.0 ? 1.0 : together / any;
      probability.push_back(block.together == 1.0 ? block.density : any);
    } else {
      probability.push_back(std::min(total, 1.0));
    }
    blocks_.push_back(std::move(block));
  };
  for (const FeatureSet& set : features.sets) add(set);
  for (Eigen::Index i = 0; i < n; ++i) {
    feature_.emplace_back(features.density[i]);
    if (!in_set[std::size_t(i)]) add({SetRelation::correlated, {i}});
  }
  highest_ = *std::max_element(probability.begin(), probability.end());
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    blocks_[k].on = Threshold(highest_ > 0.0 ? probability[k] / highest_ : 0.0);
  }
  if (features.active) active_ = std::size_t(*features.active);
  sparse_ = !features.are_independent() || highest_ * sparse_cost < 1.0;
}

/// The value of an active feature from a number uniform on [0, 1].
float FeatureSampler::value_of(float unit) const {
  return width_ * unit + least_;
}

void FeatureSampler::draw(const RandomStream& stream, std::size_t index, Tile<float>& x) const {
  if (sparse_) {
    ActiveSamples active;
    draw_active(stream, index, std::size_t(tile_samples), active);
    x.setZero();  // the silent samples come last: the order of samples means nothing
    for (std::size_t k = 0; k < active.samples(); ++k) {
      for (std::uint32_t e = active.begin[k]; e < active.begin[k + 1]; ++e) {
        x(Eigen::Index(k), active.feature[e]) = active.value[e];
      }
    }
    return;
  }
  // One loop a law, or the compiler cannot vectorise it: [0, 1] needs no arithmetic.
  const auto draw_as = [&](auto value_of_unit) {
    constexpr std::size_t at_once = 4;
    alignas(64) std::uint32_t words[at_once * tile_samples];
    for (std::size_t i = 0; i < feature_.size(); ++i) {
      const std::size_t here = i % at_once;
      if (here == 0) {
        const std::size_t count = std::min(at_once, feature_.size() - i);
        stream.fill({words, count * std::size_t(tile_samples)}, index * feature_.size() + i);
      }
      const std::uint32_t* word = words + here * std::size_t(tile_samples);
      const std::uint32_t last = feature_[i].last;
      const float scale = feature_[i].scale;
      const bool ever = scale > 0.0F;
      float* column = x.col(Eigen::Index(i)).data();
      for (Eigen::Index k = 0; k < tile_samples; ++k) {
        const float unit = std::min(static_cast<float>(word[k]) * scale, 1.0F);
        column[k] = ((word[k] <= last) & ever) ? value_of_unit(unit) : 0.0F;
      }
    }
  };
  if (least_ == 0.0F && width_ == 1.0F) {
    draw_as([](float unit) { return unit; });
  } else {
    draw_as([width = width_, least = least_](float unit) { return width * unit + least; });
  }
}

/// Members that are on independently, given that one of them is: it is the first with the probability it has
/// among those that are left.
void FeatureSampler::add_some(const Block& block, Words& words, ActiveSamples& out) const {
  bool any = false;
  for (std::size_t k = 0; k < block.members.size(); ++k) {
    const double left = double(block.members.size() - k);
    const double of_left = -std::expm1(left * std::log1p(-block.density));
    const double probability = any ? block.density : block.density / of_left;
    if (k + 1 < block.members.size() || any) {
      if (double(words.word()) >= probability * 0x1p32) continue;
    }
    any = true;
    out.feature.push_back(block.members[k]);
    out.value.push_back(value_of(words.unit()));
  }
}

/// Exactly K features a sample, every choice as likely: Floyd's algorithm (bentley1987).
void FeatureSampler::draw_exactly(const RandomStream& stream, std::size_t index, std::size_t samples,
                                  ActiveSamples& out) const {
  out.zero_samples = *active_ == 0 ? samples : 0;
  if (*active_ == 0) return;
  Words words(stream, index, 0.5);
  const std::size_t n = feature_.size();
  std::vector<char> taken(n, 0);
  for (std::size_t k = 0; k < samples; ++k) {
    const std::size_t begin = out.feature.size();
    out.begin.push_back(static_cast<std::uint32_t>(begin));
    for (std::size_t last = n - *active_; last < n; ++last) {
      const auto chosen = std::size_t((std::uint64_t(words.word()) * (last + 1)) >> 32U);
      const std::size_t i = taken[chosen] != 0 ? last : chosen;
      taken[i] = 1;
      out.feature.push_back(static_cast<std::uint32_t>(i));
      out.value.push_back(value_of(words.unit()));
    }
    for (std::size_t e = begin; e < out.feature.size(); ++e) taken[out.feature[e]] = 0;
  }
  out.begin.push_back(static_cast<std::uint32_t>(out.feature.size()));
}

void FeatureSampler::add_block(const Block& block, float unit, Words& words, ActiveSamples& out) const {
  if (block.members.size() == 1) {
    out.feature.push_back(block.members.front());
    out.value.push_back(value_of(unit));
  } else if (block.relation == SetRelation::correlated && double(unit) > block.together) {
    add_some(block, words, out);
  } else if (block.relation == SetRelation::correlated) {
    for (const std::uint32_t i : block.members) {
      out.feature.push_back(i);
      out.value.push_back(value_of(words.unit()));
    }
  } else {
    const auto chosen = std::upper_bound(block.share.begin(), block.share.end() - 1, double(unit));
    out.feature.push_back(block.members[std::size_t(chosen - block.share.begin())]);
    out.value.push_back(value_of(words.unit()));
  }
}

void FeatureSampler::draw_active(const RandomStream& stream, std::size_t index, std::size_t samples,
                                 ActiveSamples& out) const {
  out.begin.clear();
  out.feature.clear();
  out.value.clear();
  if (active_) return draw_exactly(stream, index, samples, out);
  out.zero_samples = samples;
  if (highest_ == 0.0) return;
  Words words(stream, index, highest_);
  const std::uint64_t end = std::uint64_t(samples) * blocks_.size();
  std::uint64_t last_sample = std::numeric_limits<std::uint64_t>::max();
  for (std::uint64_t position = words.gap(); position < end; position += 1 + words.gap()) {
    const std::uint64_t sample = position / blocks_.size();
    const Block& block = blocks_[position - sample * blocks_.size()];
    const std::uint32_t word = words.word();
    if (word > block.on.last || block.on.scale == 0.0F) continue;
    if (sample != last_sample) out.begin.push_back(static_cast<std::uint32_t>(out.feature.size()));
    last_sample = sample;
    add_block(block, std::min(static_cast<float>(word) * block.on.scale, 1.0F), words, out);
  }
  out.zero_samples = samples - out.begin.size();
  out.begin.push_back(static_cast<std::uint32_t>(out.feature.size()));
}

}  // namespace digon
