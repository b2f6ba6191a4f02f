#include "empirical/sampling/samples.hpp"

#include <algorithm>

#include "core/base/input_error.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "empirical/sampling/feature_sampler.hpp"

namespace digon {
namespace {

/// The group-th tile_samples of them, as many as there is room for.
void draw_from_data(const FeatureData& data, const RandomStream& stream, std::size_t group,
                    Eigen::Ref<Eigen::MatrixXd> x) {
  alignas(64) std::uint32_t words[std::size_t(2 * tile_samples)];
  stream.fill(words, 2 * group);
  for (Eigen::Index k = 0; k < x.cols(); ++k) {
    const double unit = open_unit_interval(words[k], words[k + tile_samples]);
    x.col(k) = data.x.col(std::min(Eigen::Index(unit * double(data.x.cols())), data.x.cols() - 1));
  }
}

void draw_from_law(const FeatureSampler& sampler, const RandomStream& stream, std::size_t group,
                   Eigen::Ref<Eigen::MatrixXd> x) {
  if (!sampler.is_sparse()) {
    Tile<float> tile(tile_samples, x.rows());
    sampler.draw(stream, group, tile);
    x = tile.matrix().topRows(x.cols()).transpose().cast<double>();
    return;
  }
  // One by one: of a group drawn at once the silent ones would come last.
  ActiveSamples one;
  for (Eigen::Index k = 0; k < x.cols(); ++k) {
    sampler.draw_active(stream, group * std::size_t(tile_samples) + std::size_t(k), 1, one);
    for (std::size_t e = 0; e < one.feature.size(); ++e) x(one.feature[e], k) = double(one.value[e]);
  }
}

}  // namespace

Eigen::MatrixXd draw_samples(const FeatureDistribution& features, Eigen::Index T, std::uint64_t seed,
                             std::size_t threads) {
  validate(features);
  if (T < 0) reject("samples: {} given; accepted: at least 0", T);
  if (features.data && features.data->x.cols() == 0) reject("data: none given to draw from");
  const RandomStream stream{seed, Purpose::samples, 0};
  const std::optional<FeatureSampler> sampler =
      features.data ? std::nullopt : std::optional<FeatureSampler>(features);
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(features.features(), T);
  const auto groups = std::size_t((T + tile_samples - 1) / tile_samples);
  parallel_for(groups, threads, [&](std::size_t group) {
    const Eigen::Index begin = Eigen::Index(group) * tile_samples;
    auto here = x.middleCols(begin, std::min(tile_samples, T - begin));
    if (sampler) {
      draw_from_law(*sampler, stream, group, here);
    } else {
      draw_from_data(*features.data, stream, group, here);
    }
  });
  return x;
}

Eigen::MatrixXd recovery_inputs(const FeatureDistribution& features, Eigen::Index T, std::uint64_t seed,
                                std::size_t threads) {
  if (features.data) return features.data->x.leftCols(std::min(T, features.data->x.cols()));
  return draw_samples(features, T, seed, threads);
}

}  // namespace digon
