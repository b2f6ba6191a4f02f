#include "empirical/training/sampled_loss.hpp"

#include <cmath>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "empirical/sampling/feature_sampler.hpp"
#include "empirical/training/batch_gradient.hpp"

namespace digon {
namespace {

constexpr std::size_t tiles_per_chunk = 256;

/// Count, mean and sum of squared deviations; merged by Chan's formula.
struct Spread {
  double count = 0.0;
  double mean = 0.0;
  double squares = 0.0;
};

Spread merge(const Spread& a, const Spread& b) {
  const double count = a.count + b.count;
  if (count == 0.0) return {};
  const double difference = b.mean - a.mean;
  return {count, a.mean + difference * b.count / count,
          a.squares + b.squares + difference * difference * a.count * b.count / count};
}

Spread chunk_spread(const ToyModel& model, const FeatureDistribution& features, const FeatureSampler& sampler,
                    const Parameters<double>& weights, std::uint64_t seed, std::size_t chunk) {
  BatchGradient<double> batch(model.kind, features.importance, model.hidden());
  batch.begin(weights);
  Tile<float> x(tile_samples, model.features());
  Spread spread;
  for (std::size_t tile = 0; tile < tiles_per_chunk; ++tile) {
    sampler.draw({seed, Purpose::sampled_loss}, chunk * tiles_per_chunk + tile, x);
    const auto& losses = batch.tile_loss(x.cast<double>());
    const double mean = losses.mean();
    spread = merge(spread, {double(tile_samples), mean, (losses - mean).square().sum()});
  }
  return spread;
}

}  // namespace

SampledLoss sampled_loss(const ToyModel& model, const FeatureDistribution& features, std::size_t samples,
                         std::uint64_t seed, std::size_t threads) {
  validate(model, features);
  if (samples < 2) reject("samples: {} given; at least 2 are needed", samples);

  const FeatureSampler sampler(features);
  const Parameters<double> weights(model);
  const std::size_t chunk_samples = tiles_per_chunk * std::size_t(tile_samples);
  std::vector<Spread> chunks((samples + chunk_samples - 1) / chunk_samples);
  parallel_for(chunks.size(), threads, [&](std::size_t chunk) {
    chunks[chunk] = chunk_spread(model, features, sampler, weights, seed, chunk);
  });
  Spread total;
  for (const Spread& chunk : chunks) total = merge(total, chunk);
  return {total.mean, std::sqrt(total.squares / (total.count - 1.0) / total.count), std::size_t(total.count)};
}

}  // namespace digon
