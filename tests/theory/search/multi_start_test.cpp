#include "theory/search/multi_start.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <stdexcept>

#include "core/base/random.hpp"
#include "theory/search/local_descent.hpp"

namespace {

using namespace digon;

constexpr SameMinimum same{.relative = 1e-6, .absolute = 1e-12};

struct Valley {
  double x = 0.0;
  double value = 0.0;
};

/// cos 3x + x²/10 from −6 to 6: a minimum near each odd multiple of π/3, the lower the nearer it is to 0.
Valley descend_wave(double x) {
  const Eigen::VectorXd end = local_descent(
      [](Eigen::Map<const Eigen::VectorXd> at, Eigen::Map<Eigen::VectorXd> gradient) {
        gradient[0] = -3.0 * std::sin(3.0 * at[0]) + 0.2 * at[0];
        return std::cos(3.0 * at[0]) + 0.1 * at[0] * at[0];
      },
      Eigen::VectorXd::Constant(1, x));
  return {end[0], std::cos(3.0 * end[0]) + 0.1 * end[0] * end[0]};
}

double start_of(std::uint64_t seed) {
  const RandomStream stream{seed, Purpose::initial_weights};
  const auto words = stream.block(0);
  return -6.0 + 12.0 * open_unit_interval(words[0], words[1]);
}

std::optional<Valley> from_start(std::size_t k) {
  return descend_wave(start_of(derive_seed(7, k)));
}

/// An executor that drops every third start.
std::vector<std::optional<Valley>> drop_thirds(std::size_t count, const Start<Valley>& start) {
  std::vector<std::optional<Valley>> found(count);
  for (std::size_t k = count; k-- > 0;) {
    if (k % 3 != 0) found[k] = start(k);
  }
  return found;
}

}  // namespace

TEST_CASE("starts that end alike are one minimum, and every start ends in one") {
  SearchOptions options;
  std::atomic<std::size_t> advanced = 0;
  options.advance = [&](std::size_t starts) { advanced += starts; };
  const auto minima = multi_start<Valley>(40, &from_start, &Valley::value, same, on_threads<Valley>(options));
  CHECK(advanced == 40);
  CHECK(starts_finished(minima) == 40);
  REQUIRE(minima.size() >= 3);
  CHECK(std::abs(minima.front().at.x) == Approx(1.0244).margin(1e-3));
  std::set<std::size_t> all;
  for (std::size_t k = 0; k < minima.size(); ++k) {
    if (k > 0) CHECK(minima[k].at.value > minima[k - 1].at.value);
    for (const std::size_t start : minima[k].starts) {
      all.insert(start);
      CHECK(from_start(start)->value == Approx(minima[k].at.value).epsilon(1e-6));
    }
  }
  CHECK(all.size() == 40);
}

TEST_CASE("the answer does not depend on threads, nor on the order in which an executor computes") {
  SearchOptions options;
  options.threads = 1;
  const auto one = multi_start<Valley>(24, &from_start, &Valley::value, same, on_threads<Valley>(options));
  options.threads = 2;
  const auto two = multi_start<Valley>(24, &from_start, &Valley::value, same, on_threads<Valley>(options));
  const auto backwards = multi_start<Valley>(24, &from_start, &Valley::value, same,
                                             [](std::size_t count, const Start<Valley>& start) {
                                               std::vector<std::optional<Valley>> found(count);
                                               for (std::size_t k = count; k-- > 0;) found[k] = start(k);
                                               return found;
                                             });
  REQUIRE(one.size() == two.size());
  REQUIRE(one.size() == backwards.size());
  for (std::size_t k = 0; k < one.size(); ++k) {
    CHECK(one[k].at.x == two[k].at.x);
    CHECK(one[k].starts == two[k].starts);
    CHECK(one[k].starts == backwards[k].starts);
  }
}

TEST_CASE("starts that an executor drops are missing, and the others as they were") {
  const auto minima = multi_start<Valley>(12, &from_start, &Valley::value, same, &drop_thirds);
  CHECK(starts_finished(minima) == 8);
  for (const FoundMinimum<Valley>& minimum : minima) {
    for (const std::size_t start : minimum.starts) CHECK(start % 3 != 0);
    CHECK(minimum.at.x == from_start(minimum.starts.front())->x);
  }
  const auto none = multi_start<Valley>(
      5, &from_start, &Valley::value, same,
      [](std::size_t count, const Start<Valley>&) { return std::vector<std::optional<Valley>>(count); });
  CHECK(none.empty());
}

TEST_CASE("starts that come to nothing are missing, and an error in one ends the search") {
  const RunStarts<Valley> run = on_threads<Valley>({});
  const auto minima = multi_start<Valley>(
      4, [](std::size_t k) { return k == 1 ? std::nullopt : from_start(k); }, &Valley::value, same, run);
  CHECK(starts_finished(minima) == 3);
  const Start<Valley> fails = [](std::size_t k) -> std::optional<Valley> {
    if (k == 2) throw std::runtime_error("no");
    return from_start(k);
  };
  CHECK_THROWS_AS(multi_start<Valley>(4, fails, &Valley::value, same, run), std::runtime_error);
}
