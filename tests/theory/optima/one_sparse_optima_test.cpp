#include "theory/optima/one_sparse_optima.hpp"

#include <catch2/catch.hpp>

#include "geometry/named_geometry.hpp"

using namespace digon;

TEST_CASE("L_1 alone chooses the polytope: pentagon, hexagon, and one feature fewer") {
  OptimumOptions options;
  options.starts = 16;
  const std::vector<RepresentedOptimum> five = one_sparse_optima(5, 2, options);
  REQUIRE(five.front().represented == 5);
  CHECK(describe_geometry(five.front().at.model.W).name == "pentagon");
  CHECK(five.front().at.loss / 5.0 == Approx(0.01582563).epsilon(1e-6));
  // With six, five on a pentagon and one absent lose little more than the hexagon: (5 ℓ_5 + 1/3 − 1/24)/6.
  const std::vector<RepresentedOptimum> six = one_sparse_optima(6, 2, options);
  REQUIRE(six.front().represented == 6);
  CHECK(six.front().at.loss / 6.0 == Approx(0.04819238).epsilon(1e-6));
  REQUIRE(six[1].represented == 5);
  CHECK(describe_geometry(six[1].at.model.W).name == "pentagon");
  CHECK(six[1].at.loss == Approx(5.0 * 0.015825628 + 1.0 / 3.0 - 1.0 / 24.0).epsilon(1e-6));
  // In three dimensions six features fit without interference.
  const std::vector<RepresentedOptimum> octahedron = one_sparse_optima(6, 3, options);
  CHECK(octahedron.front().at.loss < 1e-9);
  CHECK(describe_geometry(octahedron.front().at.model.W).name == "3 digons (octahedron)");
}
