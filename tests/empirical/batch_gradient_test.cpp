#include "empirical/batch_gradient.hpp"

#include <ceres/jet.h>

#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/random_models.hpp"

namespace {

using namespace digon;

Parameters<double> parameters_of(const ToyModel& model) {
  Parameters<double> parameters(model.hidden(), model.features());
  parameters.W() = model.W;
  parameters.b() = model.b;
  return parameters;
}

Tile<double> random_tile(const FeatureDistribution& features) {
  Tile<float> x(tile_samples, features.features());
  FeatureSampler(features).draw({3, Purpose::training_batch}, 0, x);
  return x.cast<double>();
}

/// The loss written out sample by sample, without the tiles.
double plain_loss(const ToyModel& model, const Eigen::VectorXd& importance, const Tile<double>& x) {
  double loss = 0.0;
  for (Eigen::Index s = 0; s < tile_samples; ++s) {
    const Eigen::VectorXd sample = x.row(s).transpose();
    Eigen::VectorXd hidden = model.W * sample;
    if (model.kind == ModelKind::relu_hidden) hidden = hidden.cwiseMax(0.0);
    Eigen::VectorXd output = model.W.transpose() * hidden + model.b;
    if (model.kind != ModelKind::linear) output = output.cwiseMax(0.0);
    loss += importance.dot((output - sample).cwiseAbs2());
  }
  return loss;
}

}  // namespace

TEST_CASE("the batch gradient is the derivative of the loss, both uses of W included") {
  const auto kind = GENERATE(ModelKind::relu_output, ModelKind::linear, ModelKind::relu_hidden);
  const auto shape = GENERATE(std::pair{1, 1}, std::pair{5, 2}, std::pair{7, 3}, std::pair{2, 4});
  const auto [n, m] = shape;
  ToyModel model = random_model(n, m, 0.7, 12, kind);
  const FeatureDistribution features = uneven_features(n, 12);
  const Tile<double> x = random_tile(features);

  BatchGradient<double> batch(kind, features.importance, m);
  batch.add_tile(parameters_of(model), x);
  CHECK(batch.loss() == Approx(plain_loss(model, features.importance, x)).epsilon(1e-13));

  // Away from the kinks of the ReLU central differences are exact to h².
  constexpr double h = 1e-6;
  const auto difference = [&](double& parameter) {
    const double at = parameter;
    parameter = at + h;
    const double above = plain_loss(model, features.importance, x);
    parameter = at - h;
    const double below = plain_loss(model, features.importance, x);
    parameter = at;
    return (above - below) / (2.0 * h);
  };
  for (Eigen::Index k = 0; k < model.W.size(); ++k) {
    CHECK(batch.gradient().W().reshaped()[k] ==
          Approx(difference(model.W.data()[k])).epsilon(1e-6).margin(1e-6));
  }
  for (Eigen::Index k = 0; k < model.b.size(); ++k) {
    CHECK(batch.gradient().b()[k] == Approx(difference(model.b[k])).epsilon(1e-6).margin(1e-6));
  }
}

TEST_CASE("the batch gradient is that of automatic differentiation") {
  // Ceres' jets know nothing of the hand-derived formulas.
  constexpr Eigen::Index n = 5;
  constexpr Eigen::Index m = 2;
  using Jet = ceres::Jet<double, int(m * n + n)>;
  const auto kind = GENERATE(ModelKind::relu_output, ModelKind::linear, ModelKind::relu_hidden);
  const ToyModel model = random_model(n, m, 0.7, 15, kind);
  const FeatureDistribution features = uneven_features(n, 15);
  const Tile<double> x = random_tile(features);
  const Parameters<double> parameters = parameters_of(model);
  std::vector<Jet> values;
  for (Eigen::Index k = 0; k < parameters.values.size(); ++k)
    values.emplace_back(parameters.values[k], int(k));
  const auto W = [&](Eigen::Index a, Eigen::Index i) -> const Jet& { return values[std::size_t(i * m + a)]; };
  const auto relu = [](const Jet& z) { return z > Jet(0.0) ? z : Jet(0.0); };
  Jet loss(0.0);
  for (Eigen::Index s = 0; s < tile_samples; ++s) {
    std::array<Jet, std::size_t(m)> hidden;
    for (Eigen::Index a = 0; a < m; ++a) {
      Jet sum(0.0);
      for (Eigen::Index i = 0; i < n; ++i) sum += W(a, i) * x(s, i);
      hidden[std::size_t(a)] = kind == ModelKind::relu_hidden ? relu(sum) : sum;
    }
    for (Eigen::Index j = 0; j < n; ++j) {
      Jet z = values[std::size_t(m * n + j)];
      for (Eigen::Index a = 0; a < m; ++a) z += W(a, j) * hidden[std::size_t(a)];
      const Jet residual = (kind == ModelKind::linear ? z : relu(z)) - x(s, j);
      loss += features.importance[j] * residual * residual;
    }
  }
  BatchGradient<double> batch(kind, features.importance, m);
  batch.add_tile(parameters, x);
  CHECK(batch.loss() == Approx(loss.a).epsilon(1e-13));
  CHECK((batch.gradient().values - loss.v).norm() <= 1e-13 * loss.v.norm());
}

TEST_CASE("tiles add up, and float agrees with double") {
  const ToyModel model = random_model(6, 3, 0.5, 13);
  const FeatureDistribution features = uneven_features(6, 13);
  const Tile<double> x = random_tile(features);
  const Parameters<double> weights = parameters_of(model);
  BatchGradient<double> batch(model.kind, features.importance, 3);
  batch.add_tile(weights, x);
  const Eigen::VectorXd once = batch.gradient().values;
  batch.add_tile(weights, x);
  CHECK(batch.gradient().values.isApprox(2.0 * once, 1e-14));
  batch.reset();
  CHECK(batch.gradient().values.isZero(0.0));

  Parameters<float> single(3, 6);
  single.values = weights.values.cast<float>();
  BatchGradient<float> batch_single(model.kind, features.importance, 3);
  batch_single.add_tile(single, x.cast<float>());
  CHECK(batch_single.gradient().values.cast<double>().isApprox(once, 1e-5));
}
