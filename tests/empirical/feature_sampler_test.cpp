#include "empirical/feature_sampler.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace digon;

TEST_CASE("features have their densities, are uniform where active, and are independent") {
  FeatureDistribution features = uniform_features(6, 0.0);
  features.density << 0.0, 1.0, 0.5, 0.1, 0.5, 1e-3;
  const FeatureSampler sampler(features);
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
