#include "theory/loss/decomposition.hpp"

#include <catch2/catch.hpp>

#include "tests/random_models.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"

using namespace digon;

TEST_CASE("the weighted decomposition sums to the exact loss at every density") {
  const auto kind = GENERATE(ModelKind::relu_output, ModelKind::linear);
  const auto n = GENERATE(1, 2, 5, 20);
  const ToyModel model = random_model(n, std::min(n, 3), 0.6, 5, kind);
  const Eigen::VectorXd importance = uneven_features(n, 5).importance;
  const Decomposition parts = decompose(model, importance);
  for (const double density : {0.0, 0.001, 0.1, 0.6, 1.0}) {
    CAPTURE(n, density);
    const FeatureDistribution features{Eigen::VectorXd::Constant(n, density), importance};
    const double sum = binomial_weights(n, density).dot(parts.L_mean());
    CHECK(sum == Approx(exact_loss(model, features).loss).epsilon(1e-9));
  }
}

TEST_CASE("the decomposition of many features sums to the exact loss") {
  // Two methods that share no more than the transform of one feature.
  ToyModel model = random_model(100, 10, 0.2, 8);
  model.W.rightCols(60) *= 0.01;  // as training leaves features that are not represented
  const Eigen::VectorXd importance = Eigen::VectorXd::LinSpaced(100, 1.0, 0.01);
  DecompositionOptions options;
  options.threads = 0;
  const Eigen::VectorXd mean = decompose(model, importance, options).L_mean();
  for (const double density : {0.001, 0.1, 0.5, 1.0}) {
    CAPTURE(density);
    const FeatureDistribution features{Eigen::VectorXd::Constant(100, density), importance};
    CHECK(binomial_weights(100, density).dot(mean) == Approx(exact_loss(model, features).loss).epsilon(1e-9));
  }
}

TEST_CASE("L_0 and L_1 of the decomposition are the closed forms") {
  const auto kind = GENERATE(ModelKind::relu_output, ModelKind::linear);
  const ToyModel model = random_model(7, 3, 0.8, 6, kind);
  const Eigen::VectorXd importance = uneven_features(7, 6).importance;
  const Decomposition parts = decompose(model, importance);
  const OneSparseLoss one = one_sparse_loss(model, importance);
  CHECK(parts.L()[0] == Approx(zero_sparse_loss(model, importance)).epsilon(1e-14));
  CHECK(parts.L()[1] == Approx(one.total()).epsilon(1e-13));
  CHECK(7.0 * parts.reconstruction[1] == Approx(one.feature_benefit.sum()).epsilon(1e-13));
  CHECK(7.0 * parts.interference[1] == Approx(one.interference.sum()).epsilon(1e-13));
}

TEST_CASE("a zero column counts among the active features") {
  // Feature 2 is not represented: with k active features it is one of them k times out of n.
  ToyModel model = random_model(6, 2, 0.8, 7);
  model.W.col(2).setZero();
  model.b[2] = -0.1;
  const Eigen::VectorXd importance = Eigen::VectorXd::Unit(6, 2);
  const Eigen::VectorXd mean = decompose(model, importance).L_mean();
  for (Eigen::Index k = 0; k <= 6; ++k) CHECK(mean[k] == Approx(double(k) / 6.0 / 3.0).margin(1e-15));
}

TEST_CASE("the binomial weights sum to 1, also for many features") {
  for (const double density : {0.0, 1e-3, 0.5, 1.0}) {
    CHECK(binomial_weights(400, density).sum() == Approx(1.0).epsilon(1e-11));
  }
}
