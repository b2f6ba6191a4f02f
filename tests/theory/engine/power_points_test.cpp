#include "theory/engine/power_points.hpp"

#include <catch2/catch.hpp>

using namespace digon;

TEST_CASE("power points: every moment of every point has its own place") {
  for (const bool with_own : {false, true}) {
    PowerPoints points(with_own, 1, 4, 3);
    CHECK(points.size() == 3);
    CHECK(points.last_e() == (with_own ? 1 : -1));
    CHECK(points.highest(0) == 4);
    CHECK((points.lowest(1) == 0 && points.highest(1) == 3));  // x max(…)^{r−1} beside max(…)^r
    double next = 1.0;
    const auto each = [&](auto visit) {
      for (std::size_t k = 0; k < points.size(); ++k) {
        for (int e = -1; e <= points.last_e(); ++e) {
          for (int r = points.lowest(e); r <= points.highest(e); ++r) visit(k, e, r);
        }
      }
    };
    each([&](std::size_t k, int e, int r) {
      points.weight(k, e, r) = next;
      points.value(k, e, r) = -next;
      next += 1.0;
    });
    CHECK(next == (with_own ? 37.0 : 13.0));
    next = 1.0;
    each([&](std::size_t k, int e, int r) {
      CHECK(points.weight(k, e, r) == next);
      CHECK(points.value(k, e, r) == -next);
      next += 1.0;
    });
  }
}
