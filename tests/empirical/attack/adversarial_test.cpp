#include "empirical/attack/adversarial.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/algebra/dense_solvers.hpp"
#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "tests/random_models.hpp"
#include "theory/loss/linear_model.hpp"

using namespace digon;

namespace {

/// max ‖r + Gδ‖² over ‖δ‖ = radius by the secular equation: (λ − GᵀG) δ = Gᵀr with λ above the spectrum.
double trust_region_maximum(const Eigen::MatrixXd& G, const Eigen::VectorXd& r, double radius) {
  const SymmetricEigen spectrum = symmetric_eigen(gram(G));
  const Eigen::VectorXd c = transposed_product(product(G, spectrum.vectors), r);
  const auto norm = [&](double lambda) {
    return (c.array() / (lambda - spectrum.values.array())).matrix().norm();
  };
  const double top = spectrum.values.maxCoeff();
  double low = top * (1.0 + 1e-13);
  double high = top + c.norm() / radius;
  for (int k = 0; k < 200; ++k) {
    const double middle = 0.5 * (low + high);
    (norm(middle) > radius ? low : high) = middle;
  }
  const Eigen::VectorXd share = c.array() / (high - spectrum.values.array());
  return (r + product(G, product(spectrum.vectors, share))).squaredNorm();
}

}  // namespace

TEST_CASE("the attack on a linear model is the solution of the trust region problem") {
  const ToyModel model = random_model(6, 3, 0.6, 4, ModelKind::linear);
  const Eigen::VectorXd x = random_model(6, 1, 1.0, 5).b;
  const Attack attack = strongest_attack(model, Eigen::VectorXd::Ones(6), x, 0.3);
  const Eigen::MatrixXd G = gram(model.W);
  const Eigen::VectorXd residual = product(G, x) + model.b - x;
  CHECK(attack.perturbation.norm() == Approx(0.3));
  CHECK(attack.clean == Approx(residual.squaredNorm()));
  CHECK(attack.attacked == Approx(trust_region_maximum(G, residual, 0.3)).epsilon(1e-9));
}

TEST_CASE("the attack on a ReLU model beats every attack of a fine grid in the plane") {
  const auto kind = GENERATE(ModelKind::relu_output, ModelKind::relu_hidden);
  const ToyModel model = random_model(2, 2, 0.9, 6, kind);
  const Eigen::Vector2d x(0.4, 0.2);
  const Eigen::VectorXd importance = Eigen::Vector2d(1.0, 0.7);
  const Attack attack = strongest_attack(model, importance, x, 0.25);
  double best = 0.0;
  for (int k = 0; k < 3600; ++k) {
    const double angle = 2.0 * M_PI * k / 3600.0;
    const Eigen::Vector2d moved = x + 0.25 * Eigen::Vector2d(std::cos(angle), std::sin(angle));
    Eigen::VectorXd h = model.W * moved;
    if (kind == ModelKind::relu_hidden) h = h.cwiseMax(0.0);
    const Eigen::VectorXd output = (model.W.transpose() * h + model.b).cwiseMax(0.0);
    best = std::max(best, importance.dot((output - x).cwiseAbs2()));
  }
  CHECK(attack.attacked >= best * (1.0 - 1e-9));
  CHECK(attack.attacked <= best * (1.0 + 1e-4));
}

TEST_CASE("what the Jacobian predicts is the trust region's solution with the outputs on that are on") {
  const auto kind = GENERATE(ModelKind::relu_output, ModelKind::relu_hidden);
  const ToyModel model = random_model(6, 3, 0.6, 4, kind);
  const Eigen::VectorXd x = random_model(6, 1, 1.0, 5).b.cwiseAbs();
  Eigen::VectorXd h = model.W * x;
  Eigen::MatrixXd W = model.W;
  for (Eigen::Index a = 0; kind == ModelKind::relu_hidden && a < 3; ++a) {
    if (h[a] <= 0.0) W.row(a).setZero();
  }
  const Eigen::VectorXd z = model.W.transpose() * W * x + model.b;
  Eigen::MatrixXd jacobian = model.W.transpose() * W;
  for (Eigen::Index j = 0; j < 6; ++j) {
    if (z[j] <= 0.0) jacobian.row(j).setZero();
  }
  REQUIRE((z.array() <= 0.0).any());
  const Eigen::VectorXd residual = z.cwiseMax(0.0) - x;
  const FeatureDistribution one =
      with_data(uniform_features(6, 0.5), std::make_shared<FeatureData>(FeatureData{x, "one input"}));
  const Vulnerability found = vulnerability(model, model, one, {.radius_share = 3.0});
  const double increase = trust_region_maximum(jacobian, residual, 3.0 * x.norm()) - residual.squaredNorm();
  CHECK(found.by_jacobian == Approx(increase).epsilon(1e-9));
  CHECK(found.increase != Approx(increase).epsilon(1e-3));
}

TEST_CASE("without superposition an attack raises the loss by the square of its norm") {
  // x' = x on the features kept, so the attacked error is δ itself; and that is the unit of vulnerability.
  const FeatureDistribution features = uniform_features(4, 0.2);
  ToyModel model{Eigen::MatrixXd::Zero(4, 4), Eigen::VectorXd::Zero(4)};
  model.W.diagonal().setOnes();
  const Vulnerability result = vulnerability(model, model, features);
  CHECK(result.clean == Approx(0.0).margin(1e-15));
  CHECK(result.increase == Approx(result.radius * result.radius).epsilon(1e-9));
  CHECK(result.relative == Approx(1.0).epsilon(1e-9));
}

TEST_CASE("vulnerability is in units of the reference, which keeps the features costliest to leave out") {
  // One dimension for a feature that is always on (I p = 1, I v = 1/12) or one that is on half the time (I p
  // = 3/4, I v = 1.5 (1/6 − 1/16) = 0.156): the linear optimum keeps the second, a ranking by I p the first.
  const FeatureDistribution features{Eigen::Vector2d(1.0, 0.5), Eigen::Vector2d(1.0, 1.5)};
  const ToyModel best = without_superposition(features, 1);
  const ToyModel by_density{(Eigen::MatrixXd(1, 2) << 1.0, 0.0).finished(), Eigen::Vector2d(0.0, 0.25)};
  // An attack raises the loss by I_i radius² of the feature kept.
  const Vulnerability of_best = vulnerability(best, best, features);
  CHECK(of_best.increase == Approx(1.5 * of_best.radius * of_best.radius).epsilon(1e-9));
  CHECK(of_best.relative == Approx(1.0).epsilon(1e-9));
  CHECK(vulnerability(best, by_density, features).relative == Approx(1.5).epsilon(1e-9));
  CHECK(vulnerability(by_density, best, features).relative == Approx(1.0 / 1.5).epsilon(1e-9));
  // A reference that answers nothing has no unit; one of other features is refused.
  ToyModel silent = best;
  silent.W.setZero();
  CHECK(vulnerability(best, silent, features).relative == 0.0);
  CHECK_THROWS_AS(vulnerability(best, random_model(3, 1, 1.0, 1), features), InputError);
}
