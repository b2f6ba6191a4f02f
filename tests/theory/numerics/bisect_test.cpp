#include "theory/numerics/bisect.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "core/base/input_error.hpp"

using namespace digon;

namespace {

bool below_root_two(double x) {
  return x * x < 2.0;
}

}  // namespace

TEST_CASE("bisection converges to the change, from whichever end the predicate holds") {
  const Change three = bisect(below_root_two, 1.0, 2.0, {.steps = 3});
  CHECK(three.holds == 1.375);
  CHECK(three.fails == 1.5);
  const Change up = bisect(below_root_two, 1.0, 2.0);
  CHECK(up.holds <= std::numbers::sqrt2);
  CHECK(up.fails >= std::numbers::sqrt2);
  CHECK(up.fails - up.holds <= 3e-16);
  const Change down = bisect([](double x) { return x * x > 2.0; }, 2.0, 1.0);
  CHECK(down.holds == up.fails);
  CHECK(down.fails == up.holds);
}

TEST_CASE("bisection ends at its width, after no more evaluations than it needs") {
  int evaluations = 0;
  const auto counted = [&](double x) {
    ++evaluations;
    return below_root_two(x);
  };
  const Change change = bisect(counted, 1.0, 2.0, {.width = 1e-3});
  CHECK(change.fails - change.holds < 1e-3);
  CHECK(change.fails - change.holds > 0.49e-3);
  CHECK(evaluations == 2 + 10);
  CHECK(bisect(counted, 1.0, 2.0, {.steps = 0}).fails == 2.0);
}

TEST_CASE("geometric middles halve the ratio") {
  const Change change =
      bisect([](double x) { return x < 3.0; }, 1e-4, 1e4, {.steps = 2, .middle = Middle::geometric});
  CHECK(change.holds == Approx(1.0).epsilon(1e-15));
  CHECK(change.fails == Approx(100.0).epsilon(1e-15));
}

TEST_CASE("bisection refuses an interval without a change, or the wrong way round") {
  CHECK_THROWS_AS(bisect(below_root_two, 1.0, 1.2), InputError);
  CHECK_THROWS_AS(bisect(below_root_two, 2.0, 3.0), InputError);
  CHECK_THROWS_AS(bisect(below_root_two, 2.0, 1.0), InputError);
  CHECK_THROWS_AS(bisect(below_root_two, 0.0, 2.0, {.middle = Middle::geometric}), InputError);
}
