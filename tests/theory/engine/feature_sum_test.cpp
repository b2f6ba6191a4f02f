#include "theory/engine/feature_sum.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/theory/vertex_oracle.hpp"

using namespace digon;

TEST_CASE("feature sum: beyond its reach y changes less than was allowed") {
  struct Row {
    double density;
    Eigen::VectorXd g;
    double effect;
    double most;  ///< that the reach is above, of a range of 6 or 1.8
  };
  const Eigen::VectorXd equal = Eigen::VectorXd::Ones(6);
  const Eigen::VectorXd mixed = (Eigen::VectorXd(6) << 1.0, -0.9, 0.5, -0.4, 0.2, 0.1).finished();
  for (const Row& row :
       {Row{1e-3, equal, 1e-4, 4.5}, Row{1e-3, equal, 1e-9, 4.8}, Row{1e-5, equal, 1e-6, 5.8},
        Row{0.02, equal, 1e-2, 2.1}, Row{1e-3, mixed, 1e-5, 1.8}, Row{0.9, equal, 1e-9, 6.0}}) {
    const Eigen::VectorXd p = Eigen::VectorXd::Constant(6, row.density);
    const FeatureSum sum(Law{}, row.g, p, 0);
    CHECK(sum.mean() == Approx(0.5 * row.density * row.g.sum()));
    for (const int r : {1, 2, 3}) {
      PowerPoints point(false, r, r, 1);
      point.weight(0, -1, r) = 1.0;
      const Support reach = sum.reach(point, row.effect);
      CAPTURE(row.density, row.effect, r, reach.least, reach.greatest);
      CHECK(reach.greatest <= row.most);
      CHECK(reach.least <= sum.mean());
      // E[max(y − τ, 0)^r] and its derivative by τ, on either side.
      for (const int power : {r, r - 1}) {
        const double factor = power == r ? 1.0 : r;
        CHECK(factor * vertex_power_mean(-reach.greatest, 0.0, row.g, p, -1, power).value <= row.effect);
        CHECK(factor * vertex_power_mean(reach.least, 0.0, -row.g, p, -1, power).value <= row.effect);
      }
    }
  }
}

TEST_CASE("feature sum: of many features e^{θy} is beyond all numbers, and the reach is a few deviations") {
  // Nearly normal, of mean 20 and deviation √(400 (0.1/3 − 0.05²)) = 3.51: beyond z deviations
  // E[max(y − τ, 0)] is some 10⁻⁹ at z = 5.6, where Chernoff's bound allows for more.
  const Eigen::VectorXd g = Eigen::VectorXd::Ones(400);
  const Eigen::VectorXd p = Eigen::VectorXd::Constant(400, 0.1);
  PowerPoints point(false, 1, 1, 1);
  point.weight(0, -1, 1) = 1.0;
  for (const double sign : {1.0, -1.0}) {
    const Support reach = FeatureSum(Law{}, sign * g, p, 0).reach(point, 1e-9);
    const double deviation = std::sqrt(400.0 * (0.1 / 3.0 - 0.0025));
    const double far = sign > 0.0 ? reach.greatest : -reach.least;
    CAPTURE(reach.least, reach.greatest);
    CHECK(far > 20.0 + 5.6 * deviation);
    CHECK(far < 20.0 + 9.0 * deviation);
  }
}

TEST_CASE("feature sum: only the features from the first on count") {
  Eigen::VectorXd g(3);
  g << 5.0, -2.0, 1.0;
  const FeatureSum sum(Law{}, g, Eigen::Vector3d(0.5, 0.5, 0.5), 1);
  CHECK(sum.mean() == -0.25);
  const Support reach = sum.reach(PowerPoints(false, 1, 2, 1), 1e-9);
  CHECK(reach.least == -2.0);
  CHECK(reach.greatest == 1.0);
}
