#include "theory/optima/penalty.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/derivative_check.hpp"
#include "theory/optima/optimum_search.hpp"

namespace {

using namespace digon;

const Eigen::MatrixXd four_columns =
    (Eigen::MatrixXd(2, 4) << 1.1, -0.7, 0.2, 0.0, 0.1, 0.6, -0.9, 0.0).finished();

OptimumFound searched(const Objective& objective, Eigen::Index n, Eigen::Index m) {
  OptimumSearchOptions options;
  options.populations = 1;
  options.evolution.descents = 60;
  return search_optimum(objective, n, m, options);
}

}  // namespace

TEST_CASE("penalties and the bound on the coherence: values and gradients") {
  const auto check = [](const auto& loss_of) {
    const LossGradient said = loss_of(four_columns);
    check_derivatives([&](const Eigen::VectorXd& x) { return loss_of(x.reshaped(2, 4)).loss; },
                      four_columns.reshaped(), {said.loss, said.by_W.reshaped()}, 1e-4);
  };
  check([](const Eigen::MatrixXd& at) { return penalty_of({.weights = 0.3}, at); });
  check([](const Eigen::MatrixXd& at) { return penalty_of({.weights = 0.1, .interference = 0.2}, at); });
  // Feature 3 is absent: the bound, which has a corner there, says nothing of it.
  CoherenceBound bound(0.2, 4, 2.0);
  bound.update(four_columns);
  const LossGradient said = bound.at(four_columns);
  CHECK(said.loss > 0.0);
  CHECK(said.by_W.col(3).isZero());
  check_derivatives(
      [&](const Eigen::VectorXd& x) {
        Eigen::MatrixXd moved = four_columns;
        moved.leftCols(3) = x.reshaped(2, 3);
        return bound.at(moved).loss;
      },
      four_columns.leftCols(3).reshaped(), {said.loss, said.by_W.leftCols(3).reshaped()}, 1e-4);

  CHECK(penalty_of({.weights = 0.1, .interference = 0.1}, (Eigen::MatrixXd(1, 2) << 1, -1).finished()).loss ==
        Approx(0.4));
}

TEST_CASE("a weight penalty shrinks a feature to what calculus says, and to nothing where it costs more") {
  // One dense feature in one dimension without interference: L = p/3 (1 − w²)² + λw², least at w² = 1 −
  // 3λ/(2p) (with b = 0; a bias may only help).
  const FeatureDistribution features = uniform_features(1, 0.05);
  const Objective plain = exact_objective(features);
  const double lambda = 0.004;
  const OptimumFound found = searched(penalized(plain, {.weights = lambda}), 1, 1);
  const double norm2 = 1.0 - 3.0 * lambda / (2.0 * 0.05);
  CHECK(found.best().loss <= 0.05 / 3.0 * std::pow(1.0 - norm2, 2) + lambda * norm2 + 1e-12);
  CHECK(found.best().model.W.squaredNorm() == Approx(norm2).epsilon(0.02));
  CHECK(searched(penalized(plain, {.weights = 0.1}), 1, 1).best().model.W.norm() < 1e-3);
  CHECK(searched(plain, 1, 1).best().model.W.norm() == Approx(1.0).epsilon(1e-4));
}

TEST_CASE("the coherence is bounded where it is asked for, and the loss is no lower for it") {
  const FeatureDistribution features = uniform_features(5, 0.05);
  const Objective plain = exact_objective(features);
  const OptimumFound free = searched(plain, 5, 2);  // a pentagon: |cos| up to 0.809
  CHECK(coherence_of_present(free.best().model.W) > 0.8);
  const OptimumFound bound = searched(penalized(plain, {.max_coherence = 0.5}), 5, 2);
  CHECK(coherence_of_present(bound.best().model.W) <= 0.5 + 1e-6);
  CHECK(bound.best().loss > free.best().loss * 1.01);
  // Three lines at 60 degrees are the most that |cos| ≤ 1/2 allows in the plane.
  std::size_t present = 0;
  for (Eigen::Index i = 0; i < 5; ++i) present += bound.best().model.W.col(i).norm() > 1e-3 ? 1 : 0;
  CHECK(present <= 3);
  // Orthogonal features alone.
  const OptimumFound apart = searched(penalized(plain, {.max_coherence = 0.0}), 5, 2);
  CHECK(coherence_of_present(apart.best().model.W) <= 1e-6);
  CHECK(apart.best().loss >= bound.best().loss);
}
