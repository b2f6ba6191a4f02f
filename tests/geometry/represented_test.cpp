#include "geometry/represented.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace digon;

TEST_CASE("features longer than the represented norm are represented, in any direction") {
  Eigen::MatrixXd W(2, 5);
  W << 1.0, -0.4, 0.3, 0.0, 0.0,  //
      0.0, 0.3, -0.5, 0.53, -2.0;
  // Norms 1, 0.5, 0.58, 0.53 and 2.
  CHECK(represented_features(W) == std::vector<Eigen::Index>{0, 2, 4});
  CHECK(represented_features(Eigen::MatrixXd::Zero(3, 4)).empty());
}

TEST_CASE("the represented norm is where a feature alone leaves half its squared error") {
  const double left = 1.0 - represented_norm * represented_norm;
  CHECK(left * left == Approx(0.5).epsilon(0.01));
  // Two or three features in one direction are represented, four are not.
  for (const int k : {2, 3, 4}) {
    const Eigen::MatrixXd W = Eigen::MatrixXd::Constant(1, k, 1.0 / std::sqrt(double(k)));
    CHECK(represented_features(W).size() == std::size_t(k < 4 ? k : 0));
  }
}
