#include "empirical/training/batch_gradient.hpp"

#include <ceres/jet.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"

namespace {

using namespace digon;

/// A random model of any kind, its decoder its own where it is untied.
ToyModel any_model(Eigen::Index n, Eigen::Index m, std::uint64_t seed, ModelKind kind) {
  ToyModel model = random_model(n, m, 0.7, seed, kind);
  if (!is_tied(kind)) model.W_out = random_model(n, m, 0.7, seed + 1, kind).W.transpose();
  return model;
}

Tile<double> random_tile(const FeatureDistribution& features) {
  Tile<float> x(tile_samples, features.features());
  FeatureSampler(features).draw({3, Purpose::training_batch}, 0, x);
  return x.cast<double>();
}

/// The loss written out sample by sample, without the tiles.
double plain_loss(const Parameters<double>& parameters, const Eigen::VectorXd& importance,
                  const Tile<double>& x) {
  const ToyModel model = parameters.model();
  double loss = 0.0;
  for (Eigen::Index s = 0; s < tile_samples; ++s) {
    const Eigen::VectorXd sample = x.row(s).transpose();
    Eigen::VectorXd hidden = model.W * sample;
    if (has_relu_hidden(model.kind)) hidden = hidden.cwiseMax(0.0);
    Eigen::VectorXd output = (is_tied(model.kind) ? model.W.transpose() : model.W_out) * hidden + model.b;
    if (model.kind != ModelKind::linear) output = output.cwiseMax(0.0);
    const Eigen::VectorXd target = model.kind == ModelKind::absolute_value ? sample.cwiseAbs() : sample;
    loss += importance.dot((output - target).cwiseAbs2());
  }
  return loss;
}

constexpr std::array all_kinds{ModelKind::relu_output, ModelKind::linear, ModelKind::relu_hidden,
                               ModelKind::absolute_value};

FeatureDistribution features_for(ModelKind kind, Eigen::Index n, std::uint64_t seed) {
  FeatureDistribution features = uneven_features(n, seed);
  if (kind == ModelKind::absolute_value) features.values = ActiveValue::signed_uniform;
  return features;
}

}  // namespace

TEST_CASE("a penalty on the hidden layer is λ ‖h‖₁, whatever way samples are added, and its gradient") {
  const auto kind = GENERATE(from_range(all_kinds));
  constexpr double lambda = 0.3;
  const FeatureDistribution features = features_for(kind, 7, 12);
  const Parameters<double> parameters(any_model(7, 3, 12, kind));
  const Tile<double> x = random_tile(features);
  const auto penalized_loss = [&](const Eigen::VectorXd& at) {
    Parameters<double> moved = parameters;
    moved.values = at;
    Eigen::MatrixXd hidden = x.matrix() * moved.W().transpose();
    if (has_relu_hidden(kind)) hidden = hidden.cwiseMax(0.0);
    return plain_loss(moved, features.importance, x) + lambda * hidden.cwiseAbs().sum();
  };
  BatchGradient<double> batch(kind, features.importance, 3, lambda);
  batch.begin(parameters);
  batch.add_tile(x);
  batch.finish();
  check_derivatives(penalized_loss, parameters.values, {batch.loss(), batch.gradient().values}, 1e-5);

  // As samples by their active features, of which the Gram matrix alone would not know h.
  ActiveSamples samples;
  samples.begin.assign(1, 0);
  for (Eigen::Index s = 0; s < tile_samples; ++s) {
    for (Eigen::Index i = 0; i < 7; ++i) {
      if (x(s, i) == 0.0) continue;
      samples.feature.push_back(std::uint32_t(i));
      samples.value.push_back(float(x(s, i)));
    }
    samples.begin.push_back(std::uint32_t(samples.feature.size()));
  }
  batch.begin(parameters);
  for (int k = 0; k < 20; ++k) batch.add_samples(samples);
  batch.finish();
  CHECK(batch.loss() == Approx(20.0 * penalized_loss(parameters.values)).epsilon(1e-6));
}

TEST_CASE("the batch gradient is the derivative of the loss, both uses of W included") {
  const auto kind = GENERATE(from_range(all_kinds));
  const auto shape = GENERATE(std::pair{1, 1}, std::pair{5, 2}, std::pair{7, 3}, std::pair{2, 4},
                              std::pair{9, 6}, std::pair{18, 26});
  const auto [n, m] = shape;
  const FeatureDistribution features = features_for(kind, n, 12);
  const Parameters<double> parameters(any_model(n, m, 12, kind));
  const Tile<double> x = random_tile(features);

  BatchGradient<double> batch(kind, features.importance, m);
  batch.begin(parameters);
  batch.add_tile(x);
  batch.finish();
  CHECK(batch.loss() == Approx(plain_loss(parameters, features.importance, x)).epsilon(1e-13));

  const auto loss = [&](const Eigen::VectorXd& at) {
    Parameters<double> moved = parameters;
    moved.values = at;
    return plain_loss(moved, features.importance, x);
  };
  check_derivatives(loss, parameters.values, {batch.loss(), batch.gradient().values}, 1e-5);  // between kinks
}

TEST_CASE("the batch gradient is that of automatic differentiation") {
  // Ceres' jets know nothing of the hand-derived formulas.
  constexpr Eigen::Index n = 5;
  constexpr Eigen::Index m = 2;
  using Jet = ceres::Jet<double, int(2 * m * n + n)>;
  const auto kind = GENERATE(from_range(all_kinds));
  const FeatureDistribution features = features_for(kind, n, 15);
  const Tile<double> x = random_tile(features);
  const Parameters<double> parameters(any_model(n, m, 15, kind));
  std::vector<Jet> values;
  for (Eigen::Index k = 0; k < parameters.values.size(); ++k)
    values.emplace_back(parameters.values[k], int(k));
  const auto weight = [&](Eigen::Index offset, Eigen::Index a, Eigen::Index i) -> const Jet& {
    return values[std::size_t(offset + i * m + a)];
  };
  const auto relu = [](const Jet& z) { return z > Jet(0.0) ? z : Jet(0.0); };
  Jet loss(0.0);
  for (Eigen::Index s = 0; s < tile_samples; ++s) {
    std::array<Jet, std::size_t(m)> hidden;
    for (Eigen::Index a = 0; a < m; ++a) {
      Jet sum(0.0);
      for (Eigen::Index i = 0; i < n; ++i) sum += weight(0, a, i) * x(s, i);
      hidden[std::size_t(a)] = has_relu_hidden(kind) ? relu(sum) : sum;
    }
    for (Eigen::Index j = 0; j < n; ++j) {
      Jet z = values[values.size() - std::size_t(n - j)];
      for (Eigen::Index a = 0; a < m; ++a) {
        z += weight(parameters.decoder_offset(), a, j) * hidden[std::size_t(a)];
      }
      const double target = kind == ModelKind::absolute_value ? std::abs(x(s, j)) : x(s, j);
      const Jet residual = (kind == ModelKind::linear ? z : relu(z)) - target;
      loss += features.importance[j] * residual * residual;
    }
  }
  BatchGradient<double> batch(kind, features.importance, m);
  batch.begin(parameters);
  batch.add_tile(x);
  batch.finish();
  CHECK(batch.loss() == Approx(loss.a).epsilon(1e-13));
  CHECK((batch.gradient().values - loss.v.head(parameters.values.size())).norm() <= 1e-13 * loss.v.norm());
}

TEST_CASE("tiles add up, and float agrees with double") {
  const ToyModel model = random_model(6, 3, 0.5, 13);
  const FeatureDistribution features = uneven_features(6, 13);
  const Tile<double> x = random_tile(features);
  const Parameters<double> weights(model);
  BatchGradient<double> batch(model.kind, features.importance, 3);
  const auto gradient_of_tiles = [&](int tiles) -> Eigen::VectorXd {
    batch.begin(weights);
    for (int k = 0; k < tiles; ++k) batch.add_tile(x);
    batch.finish();
    return batch.gradient().values;
  };
  const Eigen::VectorXd once = gradient_of_tiles(1);
  CHECK(gradient_of_tiles(2).isApprox(2.0 * once, 1e-14));
  CHECK(gradient_of_tiles(0).isZero(0.0));

  const Parameters<float> single(model);
  BatchGradient<float> batch_single(model.kind, features.importance, 3);
  batch_single.begin(single);
  batch_single.add_tile(x.cast<float>());
  batch_single.finish();
  CHECK(batch_single.gradient().values.cast<double>().isApprox(once, 1e-5));
}

TEST_CASE("samples given by their active features have the gradient of their tiles") {
  // Small shapes are gathered into tiles; at n = 40, m = 20 the Gram matrix is the cheaper way for the kinds
  // that allow it.
  const auto kind = GENERATE(from_range(all_kinds));
  const auto shape = GENERATE(std::pair{3, 2}, std::pair{40, 20});
  const auto [n, m] = shape;
  const double density = 0.02;
  constexpr std::size_t samples = 1000;  // not a multiple of a tile
  FeatureDistribution features = features_for(kind, n, 17);
  features.density.setConstant(density);
  ActiveSamples active;
  FeatureSampler(features).draw_active({5, Purpose::training_batch}, 2, samples, active);
  const Parameters<double> parameters(any_model(n, m, 17, kind));

  BatchGradient<double> dense(kind, features.importance, m);
  dense.begin(parameters);
  std::size_t done = 0;
  Tile<double> x(tile_samples, n);
  for (; done < samples; done += std::size_t(tile_samples)) {
    x.setZero();
    for (std::size_t k = done; k < std::min(active.samples(), done + std::size_t(tile_samples)); ++k) {
      for (std::uint32_t e = active.begin[k]; e < active.begin[k + 1]; ++e) {
        x(Eigen::Index(k - done), active.feature[e]) = double(active.value[e]);
      }
    }
    dense.add_tile(x);
  }
  ActiveSamples too_many;
  too_many.zero_samples = done - samples;
  dense.finish();
  Eigen::VectorXd expected = dense.gradient().values;
  double expected_loss = dense.loss();
  dense.begin(parameters);
  dense.add_samples(too_many);
  dense.finish();
  expected -= dense.gradient().values;
  expected_loss -= dense.loss();

  BatchGradient<double> sparse(kind, features.importance, m);
  sparse.begin(parameters);
  sparse.add_samples(active);
  sparse.finish();
  CHECK(sparse.loss() == Approx(expected_loss).epsilon(1e-12));
  CHECK((sparse.gradient().values - expected).norm() <= 1e-12 * expected.norm());
}
