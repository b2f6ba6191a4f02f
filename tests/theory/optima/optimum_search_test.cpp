#include "theory/optima/optimum_search.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/sanitized.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/optima/feature_moves.hpp"
#include "theory/optima/optimality_gap.hpp"

namespace {

using namespace digon;

FeatureDistribution falling(Eigen::Index n, double density, double base) {
  FeatureDistribution features = uniform_features(n, density);
  for (Eigen::Index i = 0; i < n; ++i) features.importance[i] = std::pow(base, double(i));
  return features;
}

}  // namespace

TEST_CASE("populations agree on optima that are known") {
  SECTION("dense features: the linear optimum") {
    const FeatureDistribution features = falling(8, 1.0, 0.7);
    const OptimumFound found = search_optimum(exact_objective(features), 8, 3, {});
    CHECK(found.confirmation().is_confirmed());
    CHECK(found.best().loss == Approx(linear_optimum_loss(features, 3)).epsilon(1e-6));
  }
  SECTION("20 features in 5 dimensions at density 0.03: what an independent search found") {
    if (is_sanitized) return;
    OptimumSearchOptions options;
    options.populations = 1;
    options.evolution.descents = 600;
    options.evolution.pool = 6;
    options.seed = 1;
    const OptimumFound found = search_optimum(exact_objective(falling(20, 0.03, 0.7)), 20, 5, options);
    // 64 descents from fresh starts come to 1.349474e-3, and to nothing lower than 1.3163389051e-3 anyone
    // has.
    CHECK(found.best().loss < 1.3185e-3);
    CHECK(found.best().loss > 1.31633890e-3);
  }
}

TEST_CASE("moves change what is present, and the absent few that are next") {
  constexpr Eigen::Index n = 40;
  constexpr Eigen::Index present = 6;
  Individual member{Eigen::MatrixXd::Zero(3, n), 1.0};
  for (Eigen::Index i = 0; i < present; ++i)
    member.columns.col(i) << std::cos(double(i)), std::sin(double(i)), 0.0;
  RandomDraws random(1);
  for (const Move& move : feature_moves(falling(n, 0.3, 0.9).importance)) {
    if (move.name == "absent for present") continue;  // any of them
    CAPTURE(move.name);
    std::size_t changes = 0;
    for (int k = 0; k < 50; ++k) {
      const Eigen::MatrixXd to = move.apply(member, {member}, random);
      changes += (to - member.columns).norm() > 1e-6 ? 1 : 0;
      CHECK(to.rightCols(n - present - 2).isZero(1e-12));
    }
    CHECK((changes > 30 || move.name == "borrow"));  // from itself: nothing
  }
}

TEST_CASE("absent features have the bias that costs least, and no dead one") {
  const FeatureDistribution features = falling(6, 0.9, 0.5);
  const OptimumFound found = search_optimum(exact_objective(features), 6, 2, {});
  const ToyModel& model = found.best().model;
  std::size_t absent = 0;
  for (Eigen::Index i = 0; i < 6; ++i) {
    if (model.W.col(i).norm() > 1e-3) continue;
    ++absent;
    CHECK(model.b[i] == Approx(0.45).epsilon(1e-6));  // p/2
  }
  CHECK(absent > 0);
  // A dead output is set right, and that lowers the loss.
  ToyModel dead = model;
  for (Eigen::Index i = 0; i < 6; ++i) {
    if (model.W.col(i).norm() <= 1e-3) dead.b[i] = -0.2;
  }
  const Objective objective = exact_objective(features);
  const Descent end{dead, objective(dead).loss, 0.0};
  const Descent revived = with_best_absent_biases(objective, end);
  CHECK(revived.loss < end.loss);
  CHECK(revived.loss == Approx(found.best().loss).epsilon(1e-9));
}

TEST_CASE("a search depends on its seed alone, not on threads; given models are never forgotten") {
  const Objective objective = exact_objective(falling(6, 0.1, 0.8));
  OptimumSearchOptions options;
  options.populations = 2;
  options.evolution.descents = 40;
  options.threads = 1;
  const OptimumFound one = search_optimum(objective, 6, 2, options);
  options.threads = 2;
  const OptimumFound two = search_optimum(objective, 6, 2, options);
  CHECK(one.best().model.W == two.best().model.W);
  CHECK(one.descents == two.descents);
  options.evolution.descents = 1;
  const OptimumFound from_best = search_optimum(objective, 6, 2, options, {one.best().model});
  CHECK(from_best.best().loss <= one.best().loss * (1.0 + 1e-9));
}

TEST_CASE("nothing to search is refused") {
  const Objective objective = exact_objective(uniform_features(3, 0.1));
  OptimumSearchOptions none;
  none.populations = 0;
  CHECK_THROWS_AS(search_optimum(objective, 3, 1, none), InputError);
  CHECK_THROWS_AS(search_optimum(objective, 0, 1, {}), InputError);
  CHECK_THROWS_AS(search_optimum(objective, 3, 0, {}), InputError);
}

TEST_CASE("the search finds two neurons a feature for absolute values, and the gap of worse ones") {
  FeatureDistribution features = uniform_features(2, 0.4);
  features.values = ActiveValue::signed_uniform;
  OptimumSearchOptions options = search_for(ModelKind::absolute_value);
  options.populations = 1;
  options.evolution.descents = 6;
  const OptimumFound found =
      search_optimum(hidden_relu_objective(ModelKind::absolute_value, features), 2, 4, options);
  const ToyModel& best = found.best().model;
  REQUIRE(best.W_out.rows() == 2);
  CHECK(hidden_relu_loss(best, features).loss < 1e-14);
  ToyModel worse = best;
  worse.W_out *= 0.9;
  const OptimalityGap gap = optimality_gaps({worse}, features, options).front();
  CHECK(gap.loss > 1e-3);
  CHECK(gap.local < 1e-12);
  CHECK(gap.best <= gap.local);
  CHECK(gap.minimum == 0U);
}
