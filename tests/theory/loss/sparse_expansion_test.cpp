#include "theory/loss/sparse_expansion.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/base/input_error.hpp"
#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "theory/loss/exact_loss.hpp"

using namespace digon;

namespace {

const std::vector<ActiveValue> expansion_laws{
    ActiveValue::uniform, ActiveValue::signed_uniform, {0.5, 1.5},  {-0.3, 1.0},
    {-2.0, -0.5},         ActiveValue::binary,         {-0.7, -0.7}};

}  // namespace

TEST_CASE("of two features the expansion is the exact loss") {
  for (std::uint64_t seed = 0; seed < 140; ++seed) {
    ToyModel model = random_model(2, 1 + Eigen::Index(seed % 2), 0.2 + 0.1 * double(seed % 9), seed);
    if (seed % 7 == 0) model.W.col(0).setZero();
    if (seed % 11 == 0) model.W *= 1e-6;
    FeatureDistribution features = uneven_features(2, seed);
    features.values = expansion_laws[seed % expansion_laws.size()];
    const LossGradient expanded = sparse_expansion(model, features);
    const LossGradient exact = exact_loss_gradient(model, features);
    CAPTURE(seed, model.W, model.b);
    CHECK(expanded.loss == Approx(exact.loss).epsilon(1e-12).margin(1e-15));
    CHECK((expanded.by_W - exact.by_W).norm() <= 1e-12 * (1.0 + exact.by_W.norm()));
    CHECK((expanded.by_b - exact.by_b).norm() <= 1e-12 * (1.0 + exact.by_b.norm()));
  }
}

TEST_CASE("of many features it is off by the third order in the densities") {
  const ToyModel model = random_model(20, 5, 0.45, 2);
  const auto off = [&](double density) {
    const FeatureDistribution features = uniform_features(20, density);
    return std::abs(sparse_expansion(model, features).loss - exact_loss(model, features).loss);
  };
  CHECK(off(1e-3) < 1e-6 * exact_loss(model, uniform_features(20, 1e-3)).loss);
  CHECK(off(4e-3) / off(2e-3) == Approx(8.0).epsilon(0.1));
  CHECK(off(0.1) > 1e-3 * exact_loss(model, uniform_features(20, 0.1)).loss);  // dense ones it does not serve
}

TEST_CASE("the expansion's gradient is the derivative of its value") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Eigen::Index n = 3 + Eigen::Index(seed % 6) * 3;  // to both sides of whole vectors
    const ToyModel model = random_model(n, 2, 0.6, seed);
    FeatureDistribution features = uneven_features(n, seed);
    features.values = expansion_laws[seed % expansion_laws.size()];
    const auto with = [&](const Eigen::VectorXd& x) {
      return ToyModel{x.head(2 * n).reshaped(2, n), x.tail(n)};
    };
    const LossGradient said = sparse_expansion(model, features);
    Eigen::VectorXd x(3 * n);
    x << model.W.reshaped(), model.b;
    Eigen::VectorXd gradient(3 * n);
    gradient << said.by_W.reshaped(), said.by_b;
    check_derivatives([&](const Eigen::VectorXd& at) { return sparse_expansion(with(at), features).loss; }, x,
                      {said.loss, gradient}, 1e-6);  // between kinks
  }
}

TEST_CASE("what it is not for is refused") {
  const ToyModel linear = random_model(3, 2, 0.5, 1, ModelKind::linear);
  CHECK_THROWS_AS(sparse_expansion(linear, uniform_features(3, 0.1)), InputError);
  FeatureDistribution pairs = uniform_features(4, 0.1);
  pairs.sets = parse_sets("sets", "2", SetRelation::correlated, 4);
  CHECK_THROWS_AS(sparse_expansion(random_model(4, 2, 0.5, 1), pairs), InputError);
}
