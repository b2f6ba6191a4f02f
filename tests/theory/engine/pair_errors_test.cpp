#include "theory/engine/pair_errors.hpp"

#include <catch2/catch.hpp>

#include "tests/random_models.hpp"

using namespace digon;

namespace {

/// The mean over all pairs, one by one.
OutputError pair_by_pair(Law law, double t, double a, const Eigen::VectorXd& g) {
  OutputError sum;
  for (Eigen::Index i = 0; i < g.size(); ++i) {
    for (Eigen::Index l = 0; l < i; ++l) sum.add(1.0, output_error(law, t, a, g[i], g[l]));
  }
  const double pairs = 0.5 * double(g.size() * (g.size() - 1));
  return {sum.inactive / pairs, sum.active / pairs};
}

}  // namespace

TEST_CASE("errors over pairs: the worked example") {
  const PairErrors pairs = errors_over_pairs(Law{}, -0.2, 1.0, Eigen::Vector3d(0.5, -0.4, 0.3));
  CHECK(pairs.mean.inactive == Approx(0.0236296).epsilon(1e-5));
}

TEST_CASE("errors over pairs: of many features, what the pairs one by one give") {
  // On, off and crossing, of either sign of the own coupling and of none, laws with and without negative
  // values.
  const auto law = GENERATE(Law{}, Law{-1.0, 1.0}, Law{-0.25, 1.0}, Law{-1.0, 0.0}, Law{0.5, 1.0});
  const auto count = GENERATE(2, 23, 24, 61);
  Eigen::VectorXd g = random_model(count, 1, 0.5, 11).W.row(0).transpose();
  g[0] = 1e-9;  // as training leaves them
  for (const double a : {0.9, 0.0, -0.6, 1e-12}) {
    for (const double t : {-0.3, 0.0, 0.4, -5.0, 5.0}) {
      CAPTURE(law.least, law.greatest, count, a, t);
      const PairErrors pairs = errors_over_pairs(law, t, a, g);
      const OutputError exact = pair_by_pair(law, t, a, g);
      CHECK(std::abs(pairs.mean.inactive - exact.inactive) <= 1e-14 * pairs.size.inactive);
      CHECK(std::abs(pairs.mean.active - exact.active) <= 1e-14 * pairs.size.active);
      CHECK(pairs.size.inactive <= 2.0 * (std::abs(t) + 4.0) * (std::abs(t) + 4.0));
      // The null: a bias that is off by 1e-6 is told where it matters.
      if (exact.inactive > 1e-3) {
        const OutputError off = pair_by_pair(law, t + 1e-6, a, g);
        CHECK(std::abs(pairs.mean.inactive - off.inactive) > 1e-14 * pairs.size.inactive);
      }
    }
  }
}
