#include "theory/search/same_minimum.hpp"

#include <catch2/catch.hpp>

using namespace digon;
using Groups = std::vector<std::vector<std::size_t>>;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("values on either side of the tolerance") {
  const SameMinimum relative{.relative = 1e-6};
  for (const double lowest : {2e-3, 1.0, 5e8, -3.0}) {
    const double reach = 1e-6 * std::abs(lowest);
    CAPTURE(lowest);
    CHECK(relative.holds(lowest, lowest));
    CHECK(relative.holds(lowest + 0.999 * reach, lowest));
    CHECK_FALSE(relative.holds(lowest + 1.001 * reach, lowest));
  }
  const SameMinimum absolute{.absolute = 1e-4};
  for (const double lowest : {0.0, -0.5, 0.5}) {
    CHECK(absolute.holds(lowest + 0.999e-4, lowest));
    CHECK_FALSE(absolute.holds(lowest + 1.001e-4, lowest));
  }
  // Of value 0 nothing is relatively near.
  CHECK_FALSE(relative.holds(1e-20, 0.0));
  CHECK(SameMinimum{1e-6, 1e-15}.holds(1e-15, 0.0));
}

TEST_CASE("values are grouped by minimum, lowest first, each by value") {
  CHECK(minima_of({3.0, 2.0, 2.015, infinity, 3.03, 2.025}, {.relative = 0.01}) ==
        Groups{{1, 2}, {5}, {0, 4}});
  CHECK(minima_of({}, {}).empty());
  CHECK(minima_of({infinity, std::numeric_limits<double>::quiet_NaN(), -infinity}, {1.0, 1.0}).empty());
  // Equal values stay in the order of their starts, also where nothing but equality counts.
  CHECK(minima_of({1.0, 0.5, 1.0, 0.5}, {}) == Groups{{1, 3}, {0, 2}});
}

TEST_CASE("near-ties do not chain: a minimum reaches no further than the tolerance from its lowest value") {
  CHECK(minima_of({1.0, 1.0 + 0.9e-6, 1.0 + 1.8e-6, 1.0 + 1.95e-6}, {.relative = 1e-6}) ==
        Groups{{0, 1}, {2, 3}});
}

TEST_CASE("a minimum is the lowest of the starts that ended there, and its hits are their number") {
  struct End {
    double value;
    int name;
  };
  const std::vector<std::optional<End>> found{End{1.0 + 5e-7, 0}, std::nullopt, End{1.0, 2}, End{2.0, 3},
                                              End{1.0 + 2e-6, 4}};
  const auto minima = distinct_minima(found, &End::value, {.relative = 1e-6});
  REQUIRE(minima.size() == 3);
  CHECK(minima[0].at.name == 2);
  CHECK(minima[0].hits() == 2);
  CHECK(minima[0].starts == std::vector<std::size_t>{2, 0});
  CHECK(minima[1].at.name == 4);
  CHECK(minima[1].hits() == 1);
  CHECK(minima[2].at.name == 3);
  // By what else a caller may tell them apart.
  const auto by_name = distinct_minima(found, [](const End& end) { return -double(end.name); }, {});
  CHECK(by_name.size() == 4);
  CHECK(by_name[0].at.name == 4);
}
