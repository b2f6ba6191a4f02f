#include <catch2/catch.hpp>
#include <cmath>

#include "theory/packing/packing.hpp"
#include "theory/recovery/chosen_columns.hpp"
#include "theory/recovery/sparse_recovery.hpp"
#include "theory/recovery/weak_threshold.hpp"
#include "theory/search/random_draws.hpp"

using namespace digon;

namespace {

Eigen::VectorXd sparse(Eigen::Index n, Eigen::Index k, Signs signs, std::uint64_t seed) {
  RandomDraws draws(seed);
  Eigen::VectorXd x = Eigen::VectorXd::Zero(n);
  for (Eigen::Index taken = 0; taken < k;) {
    double& entry = x[Eigen::Index(draws.below(std::size_t(n)))];
    if (entry != 0.0) continue;
    entry = (0.1 + draws.uniform()) * (signs == Signs::any && draws.uniform() < 0.5 ? -1.0 : 1.0);
    ++taken;
  }
  return x;
}

/// n random directions, of which one is absent, one short, one repeated, one opposite to another.
Eigen::MatrixXd awkward(Eigen::Index n, Eigen::Index m, std::uint64_t seed) {
  Eigen::MatrixXd W = random_points(n, m, seed);
  W.col(0).setZero();
  W.col(1) *= 0.01;
  W.col(3) = W.col(2);
  W.col(5) = -W.col(4);
  return W;
}

std::vector<Eigen::Index> support_of(const Eigen::VectorXd& x) {
  std::vector<Eigen::Index> support;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (x[i] != 0.0) support.push_back(i);
  }
  return support;
}

}  // namespace

TEST_CASE("chosen columns are solved with, added and let go, and refused where dependent") {
  const Eigen::MatrixXd W = awkward(9, 5, 1);
  ChosenColumns chosen(W);
  CHECK_FALSE(chosen.add(0));
  for (const Eigen::Index i : {8, 2, 4, 6}) CHECK(chosen.add(i));
  CHECK_FALSE(chosen.add(3));
  CHECK_FALSE(chosen.add(5));
  chosen.remove(1);
  CHECK(chosen.columns() == std::vector<Eigen::Index>{8, 4, 6});
  CHECK(chosen.add(3));
  CHECK(chosen.add(7));
  CHECK_FALSE(chosen.add(1));  // five columns span R⁵
  const Eigen::VectorXd v = Eigen::VectorXd::LinSpaced(5, 1.0, 2.0);
  const Eigen::VectorXd back = chosen.products(chosen.combine(chosen.solve_gram(v)));
  CHECK((back - v).norm() < 1e-12);

  // Let go of one by one from anywhere, those that are left are as if chosen afresh.
  const Eigen::MatrixXd large = random_points(30, 20, 2);
  ChosenColumns shrinking(large);
  for (Eigen::Index i = 0; i < 18; ++i) CHECK(shrinking.add(i));
  for (const std::size_t position : {0, 16, 7, 3, 3, 12, 0, 5}) shrinking.remove(position);
  ChosenColumns afresh(large);
  for (const Eigen::Index i : shrinking.columns()) CHECK(afresh.add(i));
  CHECK(afresh.count() == 10);
  const Eigen::VectorXd u = Eigen::VectorXd::LinSpaced(10, -1.0, 1.0);
  CHECK((shrinking.solve_gram(u) - afresh.solve_gram(u)).norm() < 1e-12);
}

TEST_CASE("non-negative least squares meets Kuhn and Tucker's conditions, in the cone and out of it") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Eigen::Index m = 3 + Eigen::Index(seed % 10);
    const Eigen::Index n = seed % 2 == 0 ? m - 2 + Eigen::Index(seed % 3) + 5 : 4 * m;
    const Eigen::MatrixXd W = awkward(n, m, seed);
    const Eigen::VectorXd outside = random_points(1, m, seed + 100).col(0) * 3.0;
    const Eigen::VectorXd inside = W * sparse(n, 2, Signs::nonnegative, seed);
    for (const Eigen::VectorXd& h : {outside, inside}) {
      CAPTURE(seed, n, m);
      const Eigen::VectorXd x = nonnegative_least_squares(W, h);
      CHECK(nonnegative_violation(W, h, x) < 1e-10);
      // The null: x of a column too many, and the least squares of either sign.
      CHECK(nonnegative_violation(W, h, x + 0.1 * Eigen::VectorXd::Unit(n, n - 1)) > 1e-3);
    }
    CHECK((inside - W * nonnegative_least_squares(W, inside)).norm() < 1e-9);
  }
  const Eigen::MatrixXd one = Eigen::RowVector2d(1.0, -1.0);
  CHECK(nonnegative_least_squares(one, Eigen::VectorXd::Constant(1, 2.0)) == Eigen::Vector2d(2.0, 0.0));
  CHECK(nonnegative_least_squares(one, Eigen::VectorXd::Zero(1)) == Eigen::Vector2d(0.0, 0.0));
}

TEST_CASE("the least l1 norm comes with what proves it") {
  for (const Signs signs : {Signs::nonnegative, Signs::any}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const Eigen::Index m = 4 + Eigen::Index(seed);
      const Eigen::Index n = 2 * m + 3;
      const Eigen::MatrixXd W = seed % 2 == 0 ? awkward(n, m, seed) : random_points(n, m, seed);
      for (const Eigen::Index k : {Eigen::Index(1), m / 4, m / 2, m}) {
        if (k == 0) continue;
        CAPTURE(seed, n, m, k, signs == Signs::any);
        const Eigen::VectorXd x = sparse(n, k, signs, 7 * seed + std::uint64_t(k));
        const Eigen::VectorXd h = W * x;
        if (h.norm() == 0.0) continue;
        const L1Solution found = least_l1(W, h, signs);
        CHECK(l1_violation(W, h, found, signs) < 1e-8);
        CHECK(found.x.lpNorm<1>() <= x.lpNorm<1>() * (1.0 + 1e-8));
        // The nulls: another x, and another dual.
        CHECK(l1_violation(W, h, {found.x + 0.01 * Eigen::VectorXd::Unit(n, 6), found.dual}, signs) > 1e-4);
        CHECK(l1_violation(W, h, {found.x, 1.01 * found.dual}, signs) > 1e-3);
      }
    }
  }
  // Where x is recovered, rounding makes columns come and go at the end of the path.
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    RandomDraws draws(seed);
    Eigen::VectorXd x = Eigen::VectorXd::Zero(200);
    for (Eigen::Index k = 0; k < 50; ++k) x[(7 * k + Eigen::Index(seed)) % 200] = draws.uniform();
    const Eigen::MatrixXd many = random_points(200, 100, seed);
    CHECK(l1_violation(many, many * x, least_l1(many, many * x, Signs::nonnegative), Signs::nonnegative) <
          1e-10);
  }
  Eigen::MatrixXd W(2, 3);
  W << 1.0, 0.0, 1.0, 0.0, 1.0, 1.0;
  const L1Solution found = least_l1(W, Eigen::Vector2d(1.0, 1.0), Signs::any);
  CHECK((found.x - Eigen::Vector3d(0.0, 0.0, 1.0)).norm() < 1e-14);
  CHECK((found.dual - Eigen::Vector2d(0.5, 0.5)).norm() < 1e-14);
}

TEST_CASE("a sparse x is recovered by every decoder, and a dense one by none but the support's") {
  const Eigen::MatrixXd W = random_points(60, 30, 3);
  for (const Signs signs : {Signs::nonnegative, Signs::any}) {
    const Eigen::VectorXd x = sparse(60, 4, signs, 11);
    const Eigen::VectorXd h = W * x;
    CHECK((orthogonal_matching_pursuit(W, h, 4, signs) - x).norm() < 1e-10);
    CHECK((least_l1(W, h, signs).x - x).norm() < 1e-10);
    CHECK((recover_on_support(W, h, support_of(x), 0.5) - x).norm() < 1e-10);
    if (signs == Signs::nonnegative) CHECK((nonnegative_least_squares(W, h) - x).norm() < 1e-10);
    const Eigen::VectorXd dense = sparse(60, 28, signs, 12);
    CHECK((orthogonal_matching_pursuit(W, W * dense, 28, signs) - dense).norm() > 0.1);
    CHECK((least_l1(W, W * dense, signs).x - dense).norm() > 0.1);
    CHECK((recover_on_support(W, W * dense, support_of(dense), 0.5) - dense).norm() < 1e-8);
  }
  // A pursuit of x ≥ 0 has no entry below 0, however h was made.
  const Eigen::VectorXd any = W * sparse(60, 12, Signs::any, 13);
  CHECK(orthogonal_matching_pursuit(W, any, 12, Signs::nonnegative).minCoeff() >= 0.0);
  CHECK(orthogonal_matching_pursuit(W, any, 12, Signs::any).minCoeff() < 0.0);
}

TEST_CASE(
    "where W maps the x >= 0 onto all of R^m, many of them give h: what is found depends on how it is "
    "sought") {
  const Eigen::MatrixXd W = random_points(60, 15, 4);
  const Eigen::VectorXd x = sparse(60, 12, Signs::nonnegative, 21);
  const Eigen::VectorXd h = W * x;
  const Eigen::VectorXd greedy = nonnegative_least_squares(W, h);
  const Eigen::VectorXd least = least_l1(W, h, Signs::nonnegative).x;
  CHECK((W * greedy - h).norm() < 1e-9);
  CHECK((W * least - h).norm() < 1e-9);
  CHECK((greedy - least).norm() > 0.1);
  CHECK((greedy - x).norm() > 0.1);
  CHECK(nonnegative_violation(W, h, least) < 1e-9);  // a minimum as good
}

TEST_CASE("of a support that h does not determine the mean is kept where h says nothing") {
  Eigen::MatrixXd W(1, 3);
  W << 1.0, 1.0, 0.0;
  const Eigen::VectorXd x = recover_on_support(W, Eigen::VectorXd::Constant(1, 1.4), {0, 1, 2}, 0.5);
  CHECK((x - Eigen::Vector3d(0.7, 0.7, 0.5)).norm() < 1e-14);
}

TEST_CASE("the weak threshold has the values of the literature and the law of its ends") {
  const std::vector<double> delta{0.1, 0.25, 0.5, 0.75};
  const std::vector<double> nonnegative{0.2410, 0.3651, 0.5582, 0.7659};
  const std::vector<double> any{0.1894, 0.2674, 0.3857, 0.5337};
  for (std::size_t k = 0; k < delta.size(); ++k) {
    CHECK(std::abs(weak_threshold(delta[k], Signs::nonnegative) - nonnegative[k]) < 6e-5);
    CHECK(std::abs(weak_threshold(delta[k], Signs::any) - any[k]) < 6e-5);
  }
  // As δ falls to 0, ρ 2 log(1/δ) rises to 1 (donoho2005), slowly.
  const auto near_one = [](double d) {
    return weak_threshold(d, Signs::nonnegative) * 2.0 * std::log(1.0 / d);
  };
  CHECK(near_one(1e-12) < 1.06);
  CHECK(near_one(1e-12) > near_one(1e-6) - 0.2);
  CHECK(weak_threshold(1.0 - 1e-6, Signs::any) > 0.99);
  // At the threshold itself, δ = 0.5: n = 2m features of which a share 0.5 ρ is active.
  const double density = 0.5 * weak_threshold(0.5, Signs::nonnegative);
  CHECK(std::abs(features_recoverable(10, density, Signs::nonnegative) - 20.0) < 1e-5);
  CHECK(features_recoverable(10, density, Signs::any) < 16.2);
  CHECK(features_recoverable(10, 1.0, Signs::any) == 10.0);
  CHECK(std::isinf(features_recoverable(10, 0.0, Signs::any)));
}
