#include "empirical/sampling/feature_sampler.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace digon;

TEST_CASE("features have their densities, are uniform where active, and are independent") {
  // Once word by word, once from active feature to active feature, which independent sets of one force.
  const auto way = GENERATE(0, 1);
  FeatureDistribution features = uniform_features(6, 0.0);
  features.density << 0.0, 1.0, 0.5, 0.1, 0.5, 1e-3;
  if (way == 1) features.sets.push_back({SetRelation::correlated, {3}});
  const FeatureSampler sampler(features);
  REQUIRE(sampler.is_sparse() == (way == 1));
  constexpr int tiles = 1 << 14;
  constexpr double samples = double(tiles) * tile_samples;
  Eigen::ArrayXd active = Eigen::ArrayXd::Zero(6);
  Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(6);
  Eigen::ArrayXd squares = Eigen::ArrayXd::Zero(6);
  double both = 0.0;
  Tile<float> x(tile_samples, 6);
  for (int tile = 0; tile < tiles; ++tile) {
    sampler.draw({11, Purpose::training_batch, 5}, std::size_t(tile), x);
    REQUIRE(x.minCoeff() >= 0.0F);
    REQUIRE(x.maxCoeff() <= 1.0F);
    active += (x > 0.0F).cast<double>().colwise().sum().transpose();
    sum += x.cast<double>().colwise().sum().transpose();
    squares += x.cast<double>().square().colwise().sum().transpose();
    both += double(((x.col(2) > 0.0F) && (x.col(4) > 0.0F)).count());
  }
  CHECK(active[0] == 0.0);
  CHECK(active[1] == samples);
  for (Eigen::Index i = 1; i < 6; ++i) {
    const double p = features.density[i];
    CAPTURE(i, p);
    CHECK(std::abs(active[i] / samples - p) <= 4.0 * std::sqrt(p * (1.0 - p) / samples));
    // Given active: mean 1/2, variance 1/12; mean square 1/3, its variance 4/45.
    CHECK(std::abs(sum[i] / active[i] - 0.5) <= 4.0 * std::sqrt(1.0 / 12.0 / active[i]));
    CHECK(std::abs(squares[i] / active[i] - 1.0 / 3.0) <= 4.0 * std::sqrt(4.0 / 45.0 / active[i]));
  }
  // Two features of density 1/2 are on together a quarter of the time.
  CHECK(std::abs(both / samples - 0.25) <= 4.0 * std::sqrt(0.25 * 0.75 / samples));
}

TEST_CASE("a tile depends on seed, step and index alone") {
  const FeatureSampler sampler(uniform_features(3, 0.5));
  Tile<float> a(tile_samples, 3);
  Tile<float> b(tile_samples, 3);
  sampler.draw({1, Purpose::training_batch, 2}, 3, a);
  sampler.draw({1, Purpose::training_batch, 9}, 3, b);
  CHECK_FALSE((a == b).all());
  sampler.draw({1, Purpose::training_batch, 2}, 3, b);
  CHECK((a == b).all());
}

TEST_CASE("correlated features are on together, anti-correlated ones one at a time, sets independent") {
  FeatureDistribution features = uniform_features(7, 0.3);
  features.density.tail(4) << 0.1, 0.5, 0.15, 0.4;
  features.sets = {{SetRelation::correlated, {0, 2}}, {SetRelation::anticorrelated, {3, 4, 5}}};
  const FeatureSampler sampler(features);
  constexpr int tiles = 1 << 13;
  constexpr double samples = double(tiles) * tile_samples;
  Eigen::ArrayXd active = Eigen::ArrayXd::Zero(7);
  double across = 0.0;
  double product = 0.0;
  double together = 0.0;
  Tile<float> x(tile_samples, 7);
  for (int tile = 0; tile < tiles; ++tile) {
    sampler.draw({11, Purpose::training_batch, 5}, std::size_t(tile), x);
    const auto on = (x > 0.0F).eval();
    REQUIRE((on.col(0) == on.col(2)).all());
    REQUIRE((on.col(3).cast<int>() + on.col(4).cast<int>() + on.col(5).cast<int>()).maxCoeff() <= 1);
    active += on.cast<double>().colwise().sum().transpose();
    across += double((on.col(0) && on.col(4)).count());
    together += double((on.col(1) && on.col(6)).count());
    product += (x.col(0) * x.col(2)).cast<double>().sum();
  }
  const auto near = [&](double count, double p) {
    return std::abs(count / samples - p) <= 4.0 * std::sqrt(p * (1.0 - p) / samples);
  };
  for (Eigen::Index i = 0; i < 7; ++i) {
    CAPTURE(i);
    CHECK(near(active[i], features.density[i]));
  }
  CHECK(near(across, 0.3 * 0.5));
  CHECK(near(together, 0.3 * 0.4));
  // Values of a correlated pair are independent: E[x_0 x_2 | on] = 1/4, variance 1/9 - 1/16.
  CHECK(std::abs(product / active[0] - 0.25) <= 4.0 * std::sqrt((1.0 / 9.0 - 1.0 / 16.0) / active[0]));
}

TEST_CASE("signed and binary values, drawn either way") {
  const double density = GENERATE(0.5, 0.01);
  FeatureDistribution features = uniform_features(3, density);
  constexpr int tiles = 1 << 13;
  Tile<float> x(tile_samples, 3);
  features.values = ActiveValue::binary;
  const FeatureSampler binary(features);
  features.values = ActiveValue::signed_uniform;
  const FeatureSampler signed_values(features);
  double active = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  for (int tile = 0; tile < tiles; ++tile) {
    binary.draw({11, Purpose::training_batch, 5}, std::size_t(tile), x);
    REQUIRE(((x == 0.0F) || (x == 1.0F)).all());
    signed_values.draw({11, Purpose::training_batch, 5}, std::size_t(tile), x);
    active += double((x != 0.0F).count());
    sum += x.cast<double>().sum();
    squares += x.cast<double>().square().sum();
  }
  CHECK(std::abs(active / (3.0 * tiles * tile_samples) - density) <=
        4.0 * std::sqrt(density / (3.0 * tiles * tile_samples)));
  CHECK(std::abs(sum / active) <= 4.0 * std::sqrt(1.0 / 3.0 / active));
  CHECK(std::abs(squares / active - 1.0 / 3.0) <= 4.0 * std::sqrt(4.0 / 45.0 / active));
}

TEST_CASE("active features are counted with the samples that have none") {
  const FeatureSampler sampler(uniform_features(10, 0.01));
  constexpr std::size_t samples = 1 << 18;
  ActiveSamples active;
  sampler.draw_active({2, Purpose::training_batch}, 0, samples, active);
  CHECK(active.samples() + active.zero_samples == samples);
  CHECK(active.begin.back() == active.feature.size());
  const double silent = std::pow(0.99, 10.0);
  CHECK(std::abs(double(active.zero_samples) / samples - silent) <=
        4.0 * std::sqrt(silent * (1.0 - silent) / samples));
  sampler.draw_active({2, Purpose::training_batch}, 1, 64, active);
  CHECK(active.samples() + active.zero_samples == 64);
}

TEST_CASE("values on any interval, drawn either way") {
  const double density = GENERATE(0.5, 0.01);
  FeatureDistribution features = uniform_features(3, density);
  features.values = {-0.5, 2.5};
  const FeatureSampler sampler(features);
  constexpr int tiles = 1 << 12;
  Tile<float> x(tile_samples, 3);
  double active = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  for (int tile = 0; tile < tiles; ++tile) {
    sampler.draw({11, Purpose::training_batch, 5}, std::size_t(tile), x);
    REQUIRE(x.minCoeff() >= -0.5F);
    REQUIRE(x.maxCoeff() <= 2.5F);
    active += double((x != 0.0F).count());
    sum += x.cast<double>().sum();
    squares += (x.cast<double>() - 1.0).square().sum() - double((x == 0.0F).count());
  }
  CHECK(std::abs(sum / active - 1.0) <= 4.0 * std::sqrt(0.75 / active));
  CHECK(std::abs(squares / active - 0.75) <= 4.0 * std::sqrt((81.0 / 80.0 - 0.5625) / active));
}

TEST_CASE("a set with a correlation: each member has its density, pairs their correlation") {
  const double rho = GENERATE(0.0, 0.35, 1.0);
  const double p = GENERATE(0.2, 0.01);
  CAPTURE(rho, p);
  FeatureDistribution features = uniform_features(5, p);
  features.sets = {{SetRelation::correlated, {0, 2, 3}, rho}};
  const FeatureSampler sampler(features);
  constexpr int tiles = 1 << 13;
  constexpr double samples = double(tiles) * tile_samples;
  Tile<float> x(tile_samples, 5);
  Eigen::ArrayXd active = Eigen::ArrayXd::Zero(5);
  double pair = 0.0;
  double all = 0.0;
  double across = 0.0;
  for (int tile = 0; tile < tiles; ++tile) {
    sampler.draw({11, Purpose::training_batch, 5}, std::size_t(tile), x);
    const auto on = (x > 0.0F).eval();
    active += on.cast<double>().colwise().sum().transpose();
    pair += double((on.col(0) && on.col(3)).count());
    all += double((on.col(0) && on.col(2) && on.col(3)).count());
    across += double((on.col(0) && on.col(1)).count());
  }
  const auto near = [&](double count, double probability) {
    return std::abs(count / samples - probability) <=
           4.0 * std::sqrt(probability * (1.0 - probability) / samples) + 2.0 / samples;
  };
  for (Eigen::Index i = 0; i < 5; ++i) CHECK(near(active[i], p));
  CHECK(near(pair, rho * p + (1.0 - rho) * p * p));
  CHECK(near(all, rho * p + (1.0 - rho) * p * p * p));
  CHECK(near(across, p * p));
}

TEST_CASE("exactly K active, every feature and every pair as often") {
  const FeatureSampler sampler(with_active(uniform_features(6, 0.0), 3));
  constexpr int tiles = 1 << 12;
  constexpr double samples = double(tiles) * tile_samples;
  Tile<float> x(tile_samples, 6);
  Eigen::ArrayXd active = Eigen::ArrayXd::Zero(6);
  double pair = 0.0;
  double sum = 0.0;
  for (int tile = 0; tile < tiles; ++tile) {
    sampler.draw({11, Purpose::training_batch, 5}, std::size_t(tile), x);
    const auto on = (x > 0.0F).eval();
    REQUIRE((on.cast<int>().rowwise().sum() == 3).all());
    active += on.cast<double>().colwise().sum().transpose();
    pair += double((on.col(1) && on.col(5)).count());
    sum += x.cast<double>().sum();
  }
  for (Eigen::Index i = 0; i < 6; ++i) {
    CHECK(std::abs(active[i] / samples - 0.5) <= 4.0 * std::sqrt(0.25 / samples));
  }
  CHECK(std::abs(pair / samples - 0.2) <= 4.0 * std::sqrt(0.2 * 0.8 / samples));  // 3/6 · 2/5
  CHECK(std::abs(sum / (3.0 * samples) - 0.5) <= 4.0 * std::sqrt(1.0 / 12.0 / (3.0 * samples)));
  ActiveSamples none;
  FeatureSampler(with_active(uniform_features(6, 0.0), 0))
      .draw_active({1, Purpose::training_batch}, 0, 64, none);
  CHECK(none.zero_samples == 64);
  CHECK(none.samples() == 0);
}
