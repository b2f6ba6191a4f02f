#include "theory/engine/output_error.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/theory/high_precision.hpp"

using namespace digon;

namespace {

struct Arguments {
  double t;
  double a;
  double g1;
  double g2;
};
/// Knots inside and outside, shared, at the ends; no coupling at all.
constexpr Arguments hard_arguments[] = {
    {0.2, 0.8, 0.3, -0.4}, {-0.3, 1.1, 0.5, 0.7},  {-0.9, 0.6, 1.0, 0.5}, {0.0, 1.0, -1.0, -1.0},
    {-0.5, 1.5, 0.5, 0.5}, {-2.0, 0.5, 0.3, 0.2},  {1.0, 0.9, -0.2, 0.1}, {-0.1, 0.0, 0.6, -0.3},
    {0.1, -0.7, 0.3, 0.9}, {-1e-3, 1.0, 1e-3, 0.}, {0.4, 0.3, 0.0, 0.0},  {-4.0, 9.0, 2.0, -3.0}};

double active_by_quadrature(double t, double a) {
  const auto f = [&](double x) { return std::pow(x - std::max(t + a * x, 0.0), 2); };
  return integral(f, 0.0, 1.0, a == 0.0 ? std::vector<double>{} : std::vector{-t / a});
}

/// Over one more feature; cuts where t + g x meets the knots.
template <typename Function>
double average(Function f, double t, double g, const std::vector<double>& knots) {
  std::vector<double> cuts;
  for (const double knot : knots) {
    if (g != 0.0) cuts.push_back((knot - t) / g);
  }
  return integral([&](double x) { return f(t + g * x); }, 0.0, 1.0, cuts);
}

}  // namespace

TEST_CASE("output error: both errors, and their averages over one and two features, are their quadratures") {
  const Law law;
  for (const auto& [t, a, g1, g2] : hard_arguments) {
    CAPTURE(t, a, g1, g2);
    const auto close = [](double value, double exact) {
      CHECK(value == Approx(exact).epsilon(1e-13).margin(1e-16));
    };
    const auto inactive = [](double at) { return std::max(at, 0.0) * std::max(at, 0.0); };
    const auto active = [&, own = a](double at) { return active_by_quadrature(at, own); };
    const std::vector<double> knots{0.0, -a};
    const std::vector<double> more{0.0, -a, -g1, -a - g1};

    const OutputError at_t = output_error(law, t, a);
    close(at_t.inactive, inactive(t));
    close(at_t.active, active(t));

    const OutputError over_one = output_error(law, t, a, g1);
    close(over_one.inactive, average(inactive, t, g1, knots));
    close(over_one.active, average(active, t, g1, knots));

    const OutputError over_two = output_error(law, t, a, g1, g2);
    const auto inactive_of_one = [&, g = g1](double at) { return average(inactive, at, g, knots); };
    const auto active_of_one = [&, g = g1](double at) { return average(active, at, g, knots); };
    close(over_two.inactive, average(inactive_of_one, t, g2, more));
    close(over_two.active, average(active_of_one, t, g2, more));
  }
}

TEST_CASE("output error: always on, it is a quadratic in the moments of what the others do") {
  const Law law;
  const double a = 0.7;
  for (const double g : {0.3, -0.4}) {
    const OutputError exact = output_error(law, 2.0, a, g);
    const OutputError quadratic = always_on_error(law, moments_of_active(law, g), 2.0, a);
    CHECK(quadratic.inactive == Approx(exact.inactive).epsilon(1e-14));
    CHECK(quadratic.active == Approx(exact.active).epsilon(1e-14));
  }
}
