#include "theory/numerics/complex_lanes.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/random.hpp"

using namespace digon;

TEST_CASE("complex lanes: e^{ix} of small and of large x") {
  const std::complex<double> example = cis(all_lanes(4.0)).lane(0);
  CHECK(example.real() == Approx(-0.6536436209).epsilon(1e-9));
  CHECK(example.imag() == Approx(-0.7568024953).epsilon(1e-9));
  const RandomStream random{3, Purpose::seed, 0};
  for (std::uint64_t draw = 0; draw < 4000; ++draw) {
    Lanes x;
    for (std::size_t k = 0; k < lane_count; ++k) {
      const auto words = random.block(draw * lane_count + k);
      const double size = std::pow(10.0, -8.0 + 14.0 * open_unit_interval(words[0], words[1]));
      x[k] = words[2] % 2 == 0 ? size : -size;
    }
    const ComplexLanes turn = cis(x);
    for (std::size_t k = 0; k < lane_count; ++k) {
      CAPTURE(x[k]);
      const long double exact = x[k];
      CHECK(std::abs(double(turn.re[k] - std::cos(exact))) <= 2e-16);
      CHECK(std::abs(double(turn.im[k] - std::sin(exact))) <= 2e-16);
    }
  }
  for (std::size_t k = 0; k < lane_count; ++k) CHECK(cis(Lanes{}).lane(k) == 1.0);
}

TEST_CASE("complex lanes: e^z") {
  ComplexLanes z;
  for (std::size_t k = 0; k < lane_count; ++k) z.set_lane(k, {-3.0 + 2.0 * double(k), 5.0 - 7.0 * double(k)});
  const ComplexLanes found = exponential(z);
  for (std::size_t k = 0; k < lane_count; ++k) {
    const std::complex<double> exact = std::exp(z.lane(k));
    CHECK(std::abs(found.lane(k) - exact) <= 1e-15 * std::abs(exact));
  }
}
