// Exactly K active: the loss is L̄_K, which the decomposition has by another way, and its gradient.
#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/sanitized.hpp"
#include "empirical/training/sampled_loss.hpp"
#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace {

using namespace digon;

constexpr ActiveValue laws[] = {{0.0, 1.0}, {-1.0, 1.0}, {0.5, 2.0}, {1.0, 1.0}, {-2.0, -2.0}};

FeatureDistribution exactly(Eigen::Index K, Eigen::Index n, const ActiveValue& values) {
  FeatureDistribution features = uniform_features(n, 0.0);
  features.importance = Eigen::VectorXd::LinSpaced(n, 1.0, 0.3);
  features.values = values;
  return with_active(features, K);
}

void check_gradient(const ToyModel& model, const FeatureDistribution& features) {
  ExactLossOptions options;
  options.relative_tolerance = 1e-12;
  const LossGradient gradient = exact_loss_gradient(model, features, options);
  CAPTURE(describe_law(features), gradient.error);
  check_derivatives(
      [&](const Eigen::VectorXd& x) { return exact_loss(with_parameters(model, x), features, options).loss; },
      parameters_of(model.W, model.b), {gradient.loss, parameters_of(gradient.by_W, gradient.by_b)},
      features.values.is_constant() ? 1e-5 : 1e-3);  // between kinks
}

}  // namespace

TEST_CASE("exactly K active: the loss is the decomposition's mean of K") {
  const Eigen::Index n = 7;
  for (const ActiveValue& values : laws) {
    for (const auto kind : {ModelKind::relu_output, ModelKind::linear}) {
      ToyModel model = random_model(n, 3, 0.7, 12, kind);
      model.b[0] = 30.0;   // always on
      model.b[1] = -30.0;  // never on
      model.W.col(3).setZero();
      const Decomposition parts = decompose(model, exactly(0, n, values).importance, {}, values);
      for (Eigen::Index K = 0; K <= n; ++K) {
        const ExactLoss loss = exact_loss(model, exactly(K, n, values));
        CAPTURE(name_of(values), K, loss.loss, loss.error);
        CHECK(loss.loss == Approx(parts.L_mean()[K]).epsilon(1e-9));
        CHECK(loss.reconstruction.sum() == Approx(parts.reconstruction[K]).epsilon(1e-9).margin(1e-12));
        CHECK(std::abs(loss.loss - parts.L_mean()[K]) <= loss.error + parts.error[K] + 1e-15 * loss.loss);
        if (K > 0) CHECK(loss.loss != Approx(parts.L_mean()[K - 1]).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("exactly K active: the gradient is the derivative, for every law and count") {
  for (const ActiveValue& values : laws) {
    for (const Eigen::Index K : {0, 1, 2, 3, 4, 6}) {
      if (is_sanitized && K % 3 == 1) continue;
      ToyModel model = random_model(6, 2, 0.8, 33 + std::uint64_t(K));
      model.b *= std::max(values.greatest, -values.least);
      check_gradient(model, exactly(K, 6, values));
    }
    check_gradient(random_model(6, 2, 0.8, 4, ModelKind::linear), exactly(3, 6, values));
  }
}

TEST_CASE("exactly K active: derivatives where others are silent, always on, never on") {
  for (const ActiveValue& values : {ActiveValue{0.0, 1.0}, ActiveValue{-1.0, 1.0}, ActiveValue{1.0, 1.0}}) {
    ToyModel model{Eigen::MatrixXd::Zero(3, 7), Eigen::VectorXd::Constant(7, 0.1)};
    model.W.row(0) << 1.0, -0.8, 0.6, 0.5, -0.4, 0.0, 0.0;
    model.W(1, 5) = 0.9;
    model.W(1, 6) = 0.7;
    model.b[2] = 20.0;
    model.b[4] = -20.0;
    for (const Eigen::Index K : {2, is_sanitized ? 3 : 4}) check_gradient(model, exactly(K, 7, values));
  }
}

TEST_CASE("exactly one active is L_1 over n, all active is density 1, and samples have the same loss") {
  const Eigen::Index n = 9;
  const ToyModel model = random_model(n, 3, 0.7, 8);
  const FeatureDistribution one = exactly(1, n, {});
  CHECK(exact_loss(model, one).loss ==
        Approx(one_sparse_loss(model, one.importance).total() / double(n)).epsilon(1e-13));
  FeatureDistribution all = exactly(n, n, {});
  const double by_count = exact_loss(model, all).loss;
  all.active.reset();
  CHECK(by_count == Approx(exact_loss(model, all).loss).epsilon(1e-10));
  const FeatureDistribution four = exactly(4, n, {-0.5, 1.0});
  const SampledLoss sampled = sampled_loss(model, four, 1 << 17, 3, 1);
  const double exact = exact_loss(model, four).loss;
  CHECK(std::abs(exact - sampled.mean) <= 4.0 * sampled.standard_error);
  CHECK(std::abs(exact_loss(model, exactly(5, n, {-0.5, 1.0})).loss - sampled.mean) >
        10.0 * sampled.standard_error);
}

TEST_CASE("exactly K active: what cannot be is refused") {
  const FeatureDistribution features = uniform_features(4, 0.5);
  CHECK_THROWS_WITH(with_active(features, 5),
                    Catch::Contains("active: 5 of 4 features given; accepted: 0 to 4"));
  FeatureDistribution uneven = with_active(features, 2);
  uneven.density[1] = 0.4;
  CHECK_THROWS_WITH(validate(uneven), Catch::Contains("other densities"));
  uneven = with_active(features, 2);
  uneven.sets = {{SetRelation::correlated, {0, 1}}};
  CHECK_THROWS_WITH(validate(uneven), Catch::Contains("with sets"));
}

TEST_CASE("sets with a correlation: independent at 0, together at 1, between them the loss of samples") {
  FeatureDistribution features = uneven_features(7, 21);
  features.density << 0.3, 0.2, 0.3, 0.1, 0.5, 0.2, 0.3;
  const ToyModel model = random_model(7, 3, 0.6, 21);
  const double independent = exact_loss(model, features).loss;
  features.sets = {{SetRelation::correlated, {0, 2, 6}}, {SetRelation::correlated, {1, 5}}};
  const double together = exact_loss(model, features).loss;
  const auto at = [&](double rho) {
    for (FeatureSet& set : features.sets) set.correlation = rho;
    return exact_loss(model, features).loss;
  };
  CHECK(at(0.0) == Approx(independent).epsilon(1e-12));
  CHECK(at(1.0) == Approx(together).epsilon(1e-15));
  // By hand: a mixture over each set.
  FeatureDistribution mixed = features;
  double loss = 0.0;
  for (const double first : {0.0, 1.0}) {
    for (const double second : {0.0, 1.0}) {
      mixed.sets[0].correlation = first;
      mixed.sets[1].correlation = second;
      loss += (first == 1.0 ? 0.4 : 0.6) * (second == 1.0 ? 0.25 : 0.75) * exact_loss(model, mixed).loss;
    }
  }
  features.sets[0].correlation = 0.4;
  features.sets[1].correlation = 0.25;
  CHECK(exact_loss(model, features).loss == Approx(loss).epsilon(1e-11));
  const SampledLoss sampled = sampled_loss(model, features, 1 << 20, 3, 1);
  CHECK(std::abs(loss - sampled.mean) <= 4.0 * sampled.standard_error);
  CHECK(std::abs(together - sampled.mean) > 10.0 * sampled.standard_error);
  features.sets[0].correlation = 1.5;
  CHECK_THROWS_WITH(validate(features), Catch::Contains("correlation of 1.5"));
}
