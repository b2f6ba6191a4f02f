#include "geometry/arrangement.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/input_error.hpp"

namespace {

using digon::Arrangement;

Eigen::MatrixXd columns(const std::vector<double>& degrees, Eigen::Index n) {
  Eigen::MatrixXd W = Eigen::MatrixXd::Constant(2, n, 0.01);  // absent
  for (std::size_t k = 0; k < degrees.size(); ++k) {
    const double angle = (degrees[k] + 33.0) * std::numbers::pi / 180.0;
    W.col(Eigen::Index(k)) << 1.1 * std::cos(angle), 1.1 * std::sin(angle);
  }
  return W;
}

}  // namespace

TEST_CASE("arrangements are recognised in any order and rotation") {
  CHECK(digon::recognise_arrangement(columns({90, 0}, 5)) == Arrangement::orthogonal_pair);
  CHECK(digon::recognise_arrangement(columns({0, -92}, 5)) == Arrangement::orthogonal_pair);
  CHECK(digon::recognise_arrangement(columns({180, 91, 0, 270}, 5)) == Arrangement::antipodal_pairs);
  CHECK(digon::recognise_arrangement(columns({0, 216, 72, 140, 288}, 5)) == Arrangement::pentagon);
}

TEST_CASE("what is none of them is other") {
  CHECK(digon::recognise_arrangement(columns({}, 5)) == Arrangement::other);
  CHECK(digon::recognise_arrangement(columns({0}, 5)) == Arrangement::other);
  CHECK(digon::recognise_arrangement(columns({0, 180}, 5)) == Arrangement::other);
  CHECK(digon::recognise_arrangement(columns({0, 60}, 5)) == Arrangement::other);
  CHECK(digon::recognise_arrangement(columns({0, 120, 240}, 5)) == Arrangement::other);
  CHECK(digon::recognise_arrangement(columns({0, 45, 180, 225}, 5)) == Arrangement::other);
  CHECK(digon::recognise_arrangement(columns({0, 60, 120, 180, 240}, 5)) == Arrangement::other);
  CHECK_THROWS_AS(digon::recognise_arrangement(Eigen::MatrixXd::Ones(3, 5)), digon::InputError);
}
