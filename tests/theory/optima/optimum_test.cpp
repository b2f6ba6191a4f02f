#include "theory/optima/optimum.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"
#include "theory/optima/polygon.hpp"

using namespace digon;

namespace {

/// Of importance 0.7^i.
FeatureDistribution ten_features(double density) {
  FeatureDistribution features = uniform_features(10, density);
  for (Eigen::Index i = 0; i < 10; ++i) features.importance[i] = std::pow(0.7, double(i));
  return features;
}

}  // namespace

TEST_CASE("the best regular polygons are those of the literature, and stable") {
  // k ≤ 4: nothing interferes. k = 5, 6: chen2023.
  struct Known {
    Eigen::Index k;
    double norm;
    double bias;
    double loss;
  };
  for (const Known& known :
       {Known{2, 1.0, 0.0, 0.0}, Known{3, 1.0, 0.0, 0.0}, Known{4, 1.0, 0.0, 0.0},
        Known{5, 1.170460, -0.282297, 0.01582563}, Known{6, 1.320526, -0.618135, 0.04819238}}) {
    const PolygonOptimum found = polygon_optimum(known.k);
    CAPTURE(known.k);
    CHECK(found.norm == Approx(known.norm).margin(2e-6));
    CHECK(found.bias == Approx(known.bias).margin(2e-6));
    CHECK(found.loss_per_feature == Approx(known.loss).margin(2e-8));
    CHECK(found.hessian_eigenvalues.minCoeff() > -1e-8);
  }
  CHECK_THROWS_AS(polygon_optimum(0), InputError);
  // Of a feature that is 1 where it is active the hexagon is perfect.
  const PolygonOptimum binary = polygon_optimum(6, {1.0, 1.0});
  CHECK(binary.norm == Approx(std::sqrt(2.0)).epsilon(1e-3));
  CHECK(binary.bias == Approx(-1.0).epsilon(1e-3));
  CHECK(binary.loss_per_feature < 1e-6);
}

TEST_CASE(
    "the optimum of two features in one dimension: a short antipodal pair, far past the candidates' "
    "boundary") {
  OptimumOptions options;
  options.starts = 12;
  const auto minima = find_minima(exact_objective(uniform_features(2, 0.7)), 2, 1, options);
  const Descent& best = minima.front().at;
  CHECK(best.loss < 0.7 / 3.0 - 0.49 / 4.0);  // dropping a feature
  CHECK(best.model.W(0, 0) == Approx(-best.model.W(0, 1)).epsilon(1e-6));
  CHECK(std::abs(best.model.W(0, 0)) < 0.9);
  CHECK(best.gradient_norm < 1e-6);
  std::size_t hits = 0;
  for (const LocalMinimum& minimum : minima) hits += minimum.hits();
  CHECK(hits == 12);
}

TEST_CASE("a descent on L_1 of one feature represents it perfectly") {
  const ToyModel start{Eigen::MatrixXd::Constant(1, 1, 0.5), Eigen::VectorXd::Zero(1)};
  const Descent end = descend(one_sparse_objective(Eigen::VectorXd::Ones(1)), start);
  CHECK(end.model.W(0, 0) == Approx(1.0).epsilon(1e-6));
  CHECK(end.model.b[0] == Approx(0.0).margin(1e-6));
  CHECK(end.loss == Approx(0.0).margin(1e-12));
  CHECK(end.gradient_norm < 1e-6);
}

TEST_CASE("the minima found do not depend on the number of threads") {
  OptimumOptions options;
  options.starts = 6;
  options.threads = 1;
  const Objective objective = one_sparse_objective(Eigen::VectorXd::Ones(5));
  const auto one = find_minima(objective, 5, 2, options);
  options.threads = 2;
  const auto two = find_minima(objective, 5, 2, options);
  REQUIRE(one.size() == two.size());
  for (std::size_t k = 0; k < one.size(); ++k) CHECK(one[k].at.model.W == two[k].at.model.W);
}

TEST_CASE("the sparse optimum of five features in two dimensions is the pentagon") {
  OptimumOptions options;
  options.starts = 16;
  const auto minima = find_minima(one_sparse_objective(Eigen::VectorXd::Ones(5)), 5, 2, options);
  CHECK(minima.front().at.loss == Approx(5.0 * polygon_optimum(5).loss_per_feature).epsilon(1e-8));
}

TEST_CASE("features of little importance do not die in a descent") {
  Objective objective = exact_objective(ten_features(0.02));
  OptimumOptions options;
  options.starts = 16;
  objective.guide = nullptr;
  const auto minima = find_minima(objective, 10, 3, options);
  std::size_t near = 0;
  for (const LocalMinimum& minimum : minima) {
    if (minimum.at.loss < 1.2 * minima.front().at.loss) near += minimum.hits();
  }
  CHECK(near >= 14);  // of parameters in units of 1: 2
}

TEST_CASE("Hessian eigenvalues off rotations: one less a rotation, and of a known quadratic") {
  const ToyModel model = random_model(4, 3, 0.7, 3);
  const Objective objective = exact_objective(uniform_features(4, 0.3));
  const Eigen::MatrixXd H = hessian(objective, model);
  CHECK(H.rows() == 16);
  CHECK(hessian_eigenvalues(H, model).size() == 16 - 3);
}

TEST_CASE("the Hessian is that of the loss") {
  const auto check = [](const Objective& objective, const ToyModel& model) {
    const LossGradient loss = objective(model);
    check_derivatives([&](const Eigen::VectorXd& x) { return objective(with_parameters(model, x)).loss; },
                      parameters_of(model.W, model.b),
                      {loss.loss, parameters_of(loss.by_W, loss.by_b), hessian(objective, model)});
  };
  const ToyModel model = random_model(4, 2, 0.7, 3);
  check(exact_objective(uniform_features(4, 0.3)), model);
  check(one_sparse_objective(Eigen::VectorXd::Ones(4)), model);
}

TEST_CASE("a search without features, dimensions or starts is refused") {
  const Objective objective = one_sparse_objective(Eigen::VectorXd::Ones(2));
  OptimumOptions none;
  none.starts = 0;
  CHECK_THROWS_AS(find_minima(objective, 2, 1, none), InputError);
  CHECK_THROWS_AS(find_minima(objective, 0, 1, {}), InputError);
  CHECK_THROWS_AS(find_minima(objective, 2, 0, {}), InputError);
}
