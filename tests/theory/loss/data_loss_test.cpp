#include "theory/loss/data_loss.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "theory/optima/descent.hpp"
#include "theory/optima/objective.hpp"

namespace {

using namespace digon;

FeatureDistribution of_data(const Eigen::MatrixXd& x) {
  return with_data(uniform_features(x.rows(), 0.0),
                   std::make_shared<FeatureData>(FeatureData{x, "samples.npy"}));
}

/// Samples of a law: x uniform on [0, 1] with density 0.3.
Eigen::MatrixXd drawn(Eigen::Index n, Eigen::Index samples) {
  Eigen::MatrixXd x(n, samples);
  for (Eigen::Index t = 0; t < samples; ++t) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto words = RandomStream{7, Purpose::seed, 1}.block(std::uint64_t(t * n + i));
      const double on = open_unit_interval(words[0], words[1]);
      x(i, t) = on < 0.3 ? open_unit_interval(words[2], words[3]) : 0.0;
    }
  }
  return x;
}

/// T samples of norm 1, each on two features that no other has, and the model that memorises them: the T-gon,
/// l² = 1/(1 − cos(2π/T)), b = −cos(2π/T)/(1 − cos(2π/T)) (henighan2023).
struct Memorised {
  Eigen::MatrixXd x;
  ToyModel model;
};
Memorised memorised(Eigen::Index T) {
  const double cosine = std::cos(2.0 * std::numbers::pi / double(T));
  const double norm = 1.0 / std::sqrt(1.0 - cosine);
  const double bias = -cosine / (1.0 - cosine);
  Memorised all{Eigen::MatrixXd::Zero(2 * T, T), {Eigen::MatrixXd(2, 2 * T), Eigen::VectorXd(2 * T)}};
  for (Eigen::Index t = 0; t < T; ++t) {
    const double angle = 2.0 * std::numbers::pi * double(t) / double(T);
    for (const Eigen::Index i : {2 * t, 2 * t + 1}) {
      const double value = i == 2 * t ? 0.6 : 0.8;
      all.x(i, t) = value;
      all.model.W.col(i) << norm * value * std::cos(angle), norm * value * std::sin(angle);
      all.model.b[i] = bias * value;
    }
  }
  return all;
}

}  // namespace

TEST_CASE("data: the loss of samples, by hand") {
  ToyModel model{Eigen::RowVector2d(1.0, -1.0), Eigen::Vector2d::Zero()};
  Eigen::MatrixXd x(2, 2);
  x << 1.0, 0.5, 0.0, 1.0;
  const FeatureDistribution features = of_data(x);
  CHECK(features.density == Eigen::Vector2d(1.0, 0.5));
  const ExactLoss loss = exact_loss(model, features);
  CHECK(loss.loss == 0.25);
  CHECK(loss.reconstruction == Eigen::Vector2d(0.125, 0.125));
  CHECK(loss.interference == Eigen::Vector2d(0.0, 0.0));
  CHECK(zero_model_loss(features) == Approx((1.0 + 0.25 + 1.0) / 2.0));
  model.kind = ModelKind::linear;  // x' = (1, −1), then (−0.5, 0.5)
  CHECK(exact_loss(model, features).loss == Approx((1.0 + 1.0 + 0.25) / 2.0));
}

TEST_CASE("data: its gradient is the derivative, the loss of many samples that of their law") {
  for (const auto kind : {ModelKind::relu_output, ModelKind::linear}) {
    const ToyModel model = random_model(5, 2, 0.7, 3, kind);
    FeatureDistribution features = of_data(drawn(5, 400));
    features.importance = Eigen::VectorXd::LinSpaced(5, 1.0, 0.2);
    const LossGradient gradient = exact_loss_gradient(model, features);
    CHECK(gradient.loss == Approx(exact_loss(model, features).loss).epsilon(1e-14));
    check_derivatives(
        [&](const Eigen::VectorXd& x) { return exact_loss(with_parameters(model, x), features).loss; },
        parameters_of(model.W, model.b), {gradient.loss, parameters_of(gradient.by_W, gradient.by_b)}, 1e-6);
    const double law = exact_loss(model, {Eigen::VectorXd::Constant(5, 0.3), features.importance}).loss;
    FeatureDistribution many = of_data(drawn(5, 40'000));
    many.importance = features.importance;
    const double difference = std::abs(exact_loss(model, many).loss - law);
    CHECK(difference <= 0.02 * law);  // 4 standard errors: single losses deviate by about their mean
    CHECK(difference > 0.0);
  }
}

TEST_CASE("data: T samples are memorised by the T-gon") {
  for (const Eigen::Index T : {5, 6, 10, 40}) {
    const auto [x, model] = memorised(T);
    const FeatureDistribution features = of_data(x);
    CAPTURE(T);
    if (T <= 10) {
      CHECK(model.W.leftCols(2).norm() == Approx(T == 5   ? 1.2030
                                                 : T == 6 ? std::sqrt(2.0)
                                                          : 2.2882)
                                              .epsilon(1e-4));
    }
    const LossGradient gradient = exact_loss_gradient(model, features);
    CHECK(gradient.loss <= 1e-25);
    CHECK(gradient.by_W.norm() <= 1e-11);
    ToyModel longer = model;
    longer.W *= 1.01;
    CHECK(exact_loss(longer, features).loss > 1e-4);
    // And full-batch descent from beside it comes back.
    longer.W = 1.02 * model.W;
    longer.b = 0.98 * model.b;
    if (T <= 6) CHECK(descend(exact_objective(features), longer).loss < 1e-6);
  }
}

TEST_CASE("data: the result does not depend on the threads") {
  const ToyModel model = random_model(5, 2, 0.7, 3);
  const FeatureDistribution features = of_data(drawn(5, 3000));
  const LossGradient one = data_loss_gradient(model, features, 1);
  const LossGradient two = data_loss_gradient(model, features, 2);
  CHECK(one.loss == two.loss);
  CHECK(one.by_W == two.by_W);
}

TEST_CASE("data: what is not of the model's features, or not finite, is refused") {
  const ToyModel model = random_model(5, 2, 0.7, 3);
  CHECK_THROWS_WITH(exact_loss(model, of_data(drawn(4, 10))), Catch::Contains("the model has 5"));
  CHECK_THROWS_WITH(of_data(Eigen::MatrixXd(5, 0)), Catch::Contains("samples.npy: no samples"));
  Eigen::MatrixXd x = drawn(5, 10);
  x(2, 3) = std::nan("");
  CHECK_THROWS_WITH(of_data(x), Catch::Contains("samples.npy: contains NaN"));
  FeatureDistribution sets = of_data(drawn(5, 10));
  sets.sets = {{SetRelation::correlated, {0}}};
  CHECK_THROWS_WITH(validate(sets), Catch::Contains("with sets"));
  CHECK_THROWS_WITH(
      with_data(uniform_features(4, 0.0), std::make_shared<FeatureData>(FeatureData{x, "samples.npy"})),
      Catch::Contains("samples of 5 features given; accepted: of 4"));
  CHECK_THROWS_AS(data_loss(model, uniform_features(5, 0.1)), InputError);
}
