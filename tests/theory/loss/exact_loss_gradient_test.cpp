#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/sanitized.hpp"
#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "tests/theory/vertex_oracle.hpp"
#include "theory/loss/exact_loss.hpp"

namespace {

using namespace digon;

void require_gradient(const ToyModel& model, const FeatureDistribution& features) {
  const OracleGradient oracle = vertex_oracle_gradient(model, features);
  const LossGradient gradient = exact_loss_gradient(model, features);
  CAPTURE(model.W, model.b.transpose(), features.density.transpose(), oracle.by_W, gradient.by_W, oracle.by_b,
          gradient.by_b);
  const double size = oracle.by_W.norm() + oracle.by_b.norm() + zero_model_loss(features);
  REQUIRE((gradient.by_W - oracle.by_W).norm() <= 1e-8 * size);
  REQUIRE((gradient.by_b - oracle.by_b).norm() <= 1e-8 * size);
  const ExactLoss loss = exact_loss(model, features);
  REQUIRE(std::abs(gradient.loss - loss.loss) <= gradient.error + loss.error);
}

/// The loss and its gradient at a tolerance that differences can use, for check_derivatives.
void check_loss_gradient(const ToyModel& model, const FeatureDistribution& features) {
  ExactLossOptions options;
  options.relative_tolerance = 1e-12;
  const LossGradient gradient = exact_loss_gradient(model, features, options);
  check_derivatives(
      [&](const Eigen::VectorXd& x) { return exact_loss(with_parameters(model, x), features, options).loss; },
      parameters_of(model.W, model.b), {gradient.loss, parameters_of(gradient.by_W, gradient.by_b)});
}

}  // namespace

TEST_CASE("the exact gradient is that of the vertex sums, random models") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Eigen::Index n = 1 + Eigen::Index(seed % 5);
    const Eigen::Index m = 1 + Eigen::Index(seed / 5 % 3);
    const double scale = std::array{0.3, 0.8, 2.0}[seed % 3];
    const double density = std::array{1.0, 0.5, 0.1, 0.01}[seed % 4];
    CAPTURE(seed);
    require_gradient(random_model(n, m, scale, seed),
                     seed % 2 == 0 ? uneven_features(n, seed) : uniform_features(n, density));
  }
}

TEST_CASE("the exact gradient survives awkward weights") {
  const auto features = GENERATE(uniform_features(5, 1.0), uniform_features(5, 0.2), uneven_features(5, 8));
  ToyModel model = random_model(5, 2, 0.8, 21);
  SECTION("absent features") {
    model.W.col(3).setZero();
    model.b[3] = 0.2;
    require_gradient(model, features);
  }
  SECTION("features of every scale") {
    model.b.setZero();
    for (Eigen::Index i = 0; i < 5; ++i) model.W.col(i) *= std::pow(0.05, double(i));
    require_gradient(model, features);
  }
  SECTION("outputs always on, always off") {
    model.b << 9.0, -9.0, 9.0, 0.1, -0.1;
    require_gradient(model, features);
  }
  SECTION("features never and always active") {
    FeatureDistribution mixed = features;
    mixed.density << 0.0, 1.0, 0.3, 1.0, 0.0;
    require_gradient(model, mixed);
  }
  SECTION("an importance of 0") {
    FeatureDistribution mixed = features;
    mixed.importance[1] = 0.0;
    require_gradient(model, mixed);
  }
}

TEST_CASE("the gradient is the derivative of the loss for many features, both models") {
  const auto kind = GENERATE(ModelKind::relu_output, ModelKind::linear);
  const auto n = GENERATE(7, is_sanitized ? 14 : 20);
  check_loss_gradient(random_model(n, 4, 0.5, 9, kind), uneven_features(n, 9));
}

TEST_CASE("the gradient is the derivative of the loss of features in sets") {
  FeatureDistribution features = uneven_features(7, 21);
  features.density << 0.3, 0.2, 0.3, 0.1, 0.5, 0.15, 0.4;
  features.sets = {{SetRelation::correlated, {0, 2}}, {SetRelation::anticorrelated, {3, 4, 5}}};
  check_loss_gradient(random_model(7, 3, 0.6, 21), features);
}

TEST_CASE("rotating W leaves the loss unchanged: W ∂Lᵀ is symmetric") {
  const ToyModel model = random_model(20, 5, 0.5, 3);
  const LossGradient gradient = exact_loss_gradient(model, uneven_features(20, 3));
  const Eigen::MatrixXd product = model.W * gradient.by_W.transpose();
  CHECK((product - product.transpose()).norm() <= 1e-13 * product.norm());
}

TEST_CASE("the gradient does not depend on the number of threads") {
  const ToyModel model = random_model(20, 5, 0.4, 61);
  const FeatureDistribution features = uniform_features(20, 0.1);
  ExactLossOptions two;
  two.threads = 2;
  CHECK(exact_loss_gradient(model, features).by_W == exact_loss_gradient(model, features, two).by_W);
}

TEST_CASE("the norm of the gradient's error is within the tolerance, for couplings of many scales") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    ToyModel model = random_model(5 + Eigen::Index(seed), 1 + Eigen::Index(seed % 7), 0.8, seed);
    for (Eigen::Index i = 0; i < model.features(); i += 2) model.W.col(i) *= std::pow(10.0, -0.2 * double(i));
    const FeatureDistribution features = uniform_features(model.features(), seed % 2 == 0 ? 0.3 : 0.02);
    ExactLossOptions options;
    options.relative_tolerance = 1e-11;
    const LossGradient close = exact_loss_gradient(model, features, options);
    const double size = std::max(1.0, model.W.cwiseAbs().maxCoeff());
    for (const double tolerance : {1e-4, 1e-6, 1e-8}) {
      options.relative_tolerance = tolerance;
      const LossGradient loose = exact_loss_gradient(model, features, options);
      CAPTURE(seed, tolerance);
      CHECK((loose.by_W - close.by_W).norm() <= tolerance * close.loss * size);
      CHECK((loose.by_b - close.by_b).norm() <=
            tolerance * std::max(0.2 * zero_model_loss(features), loss_of_silence(model, features)));
    }
  }
}
