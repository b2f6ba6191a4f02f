#include "theory/law/uniform.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/derivative_check.hpp"
#include "tests/theory/high_precision.hpp"
#include "theory/law/law.hpp"

using namespace digon;

namespace {

constexpr Uniform law;

struct Line {
  double t;
  double g;
};
/// Lines t + g x above 0 everywhere, nowhere, from a point on, up to a point; steep, flat, and with g = 0.
constexpr Line lines[] = {{0.3, 0.5},  {-0.3, 0.2},     {-0.3, 1.5},  {0.4, -0.9},   {-1.0, 1.0},
                          {0.0, 0.7},  {0.0, -0.7},     {-0.2, 40.0}, {1e-9, -2e-9}, {0.5, 0.0},
                          {-0.5, 0.0}, {-1e-3, 1e-3},   {2.0, -1.0},  {-5.0, 5.1},   {0.7, 1e-12},
                          {1e3, -2e3}, {-0.25, 0.25001}};

double crossing(const Line& line) {
  return line.g == 0.0 ? 0.0 : -line.t / line.g;
}

}  // namespace

TEST_CASE("law: moments, mean and variance of a uniform feature") {
  for (int r = 0; r <= 6; ++r) {
    CHECK(scaled_moment(law, 1.0, r) == Approx(integral([&](double x) { return std::pow(x, r); }, 0.0, 1.0)));
    CHECK(transform_coefficient(law, 0.3, r) == Approx(0.3 / std::tgamma(r + 2.0)).epsilon(1e-15));
  }
  for (const double p : {0.0, 1e-4, 0.3, 1.0}) {
    CHECK(feature_mean(law, p) == 0.5 * p);
    CHECK(feature_variance(law, p) == Approx(p / 3.0 - p * p / 4.0).epsilon(1e-15));
  }
  CHECK(support(law, 2.0).greatest == 2.0);
  CHECK(support(law, -2.0).least == -2.0);
  CHECK(support(law, -2.0).greatest == 0.0);
}

TEST_CASE("law: the exponential's moments up to their borders") {
  const auto [near, far] = exponential_radii(law);
  REQUIRE(far < near);
  for (const double size : {1e-12, 1e-5, 0.1, 0.5, 0.7, 1.0, 3.0, 30.0}) {
    for (const double angle : {0.0, 0.4, 1.3, 1.57}) {
      const std::complex<double> u = std::polar(size, angle);
      const std::complex<double> exponential = to_double(exp(high(u)));
      CAPTURE(size, angle);
      const auto check = [&](const std::array<std::complex<double>, 3>& moments, double error) {
        for (int r = 0; r < 3; ++r) {
          const std::complex<double> exact = to_double(exponential_moment(high(u), r));
          CAPTURE(r, exact, moments[std::size_t(r)]);
          CHECK(std::abs(moments[std::size_t(r)] - exact) <= error * std::abs(exact));
        }
      };
      if (size <= near) {
        check(exponential_moments_near<3>(law, exponential, u, size), 2e-15);
        check(exponential_moments_near<3>(law, exponential, u, near), 2e-15);
      }
      if (size >= far) check(exponential_moments_far<3>(law, exponential, 1.0 / u), 2e-14);
    }
  }
}

TEST_CASE("law: the transform's growth is for bounds, its size for estimates") {
  for (const double u : {-30.0, -1.0, -1e-3, -2e-5, -1e-7, 1e-9, 3e-6, 1e-4, 0.5, 20.0}) {
    const double exact = static_cast<double>(HighReal(exponential_moment(HighComplex(u), 0).real() - 1));
    CAPTURE(u);
    CHECK(transform_growth(law, Eigen::ArrayXd::Constant(1, u))[0] == Approx(exact).epsilon(1e-5));
  }
  for (const double omega : {0.1, 1.0, 2.0, 3.0, 9.0, 50.0}) {
    CHECK(std::abs(to_double(exponential_moment(high({0.0, omega}), 0))) <= transform_size(law, omega, 2.0));
  }
}

TEST_CASE("law: the cumulants of a feature that is active with probability p") {
  for (const double p : {1e-9, 1e-3, 0.2, 0.4376, 0.9, 1.0}) {
    const PowerSeries k = mixture_cumulants(law, p);
    CHECK(k[1] == Approx(feature_mean(law, p)).epsilon(1e-15));
    CHECK(k[2] == Approx(feature_variance(law, p) / 2.0).epsilon(1e-14));
    for (const double angle : {0.0, 1.0, 2.0, 3.0}) {
      const std::complex<double> s = std::polar(1.0, angle);
      std::complex<double> sum = 0.0;
      for (int d = highest_power; d > 0; --d) sum = s * (k[std::size_t(d)] + sum);
      const HighComplex phi = exponential_moment(high(s), 0);
      const std::complex<double> exact = to_double(log(HighComplex(1) + HighComplex(p) * (phi - 1)));
      CAPTURE(p, angle, sum, exact);
      CHECK(std::abs(sum - exact) <= 1e-15 * std::abs(exact) + 1e-15 * p);
    }
    // Far out, too, no more is left of the first of them than the radius of the others says.
    const double radius = cumulants_and_radius(law, p).radius;
    CHECK(radius >= 4.5);
    for (int d = 10; d <= highest_power; ++d) CHECK(std::abs(k[std::size_t(d)]) <= std::pow(4.5, -d));
    for (const double angle : {0.0, 0.6, 1.57, 2.2, 3.0}) {
      const std::complex<double> s = std::polar(0.6 * radius, angle);
      std::complex<double> sum = 0.0;
      for (int d = cumulants_on_contour; d > 0; --d) sum = s * (k[std::size_t(d)] + sum);
      const HighComplex phi = exponential_moment(high(s), 0);
      const std::complex<double> exact = to_double(HighComplex(1) + HighComplex(p) * (phi - 1));
      const double left_out = std::pow(0.6, cumulants_on_contour + 1) / (1.0 - 0.6);
      CAPTURE(p, radius, angle);
      CHECK(std::abs(std::exp(sum) / exact - 1.0) <= 1.01 * left_out);
    }
  }
}

TEST_CASE("law: a feature's own integrals are their quadratures") {
  for (const Line& line : lines) {
    const double t = line.t;
    const double g = line.g;
    CAPTURE(t, g);
    const auto relu = [&](double x) { return std::max(t + g * x, 0.0); };
    const std::vector<double> cuts{crossing(line)};
    const double size = (std::abs(t) + std::abs(g)) * (std::abs(t) + std::abs(g));
    const auto close = [&](double value, double exact) {
      CAPTURE(value, exact);
      CHECK(std::abs(value - exact) <= 4e-15 * std::abs(exact) + 1e-15 * size);
    };
    const auto square = [&](double x) { return relu(x) * relu(x); };
    close(mean_square_of_line(law, t, g),
          integral([&](double x) { return (t + g * x) * (t + g * x); }, 0.0, 1.0));
    close(mean_square_of_relu(law, t, g), integral(square, 0.0, 1.0, cuts));
    const auto error = [&](double x) { return (x - relu(x)) * (x - relu(x)); };
    CHECK(active_error(law, t, g) == Approx(integral(error, 0.0, 1.0, cuts)).epsilon(4e-15));
    for (const int e : {0, 1, 2}) {
      for (const int r : {1, 2, 5, 12}) {
        const auto power = [&](double x) { return std::pow(x, e) * std::pow(relu(x), r); };
        CAPTURE(e, r);
        CHECK(own_power(law, t, g, e, r) ==
              Approx(integral(power, 0.0, 1.0, cuts)).epsilon(2e-13).margin(1e-16));
      }
    }
  }
}

TEST_CASE("law: the slopes of its integrals are their derivatives") {
  for (const Line& line : lines) {
    const double t = line.t;
    const double g = line.g;
    if (std::abs(t) + std::abs(g) < 0.01 || std::abs(g) > 100.0)
      continue;  // smaller than the differences' step
    CAPTURE(t, g);
    const ActiveErrorSlope slope = active_error_slope(law, t, g);
    check_derivatives([](const Eigen::VectorXd& x) { return active_error(law, x[0], x[1]); },
                      Eigen::Vector2d(t, g), {slope.value, Eigen::Vector2d(slope.by_t, slope.by_a)}, 1e-7);
  }
  // Over all lines at once, entry 3 left out, times a weight.
  Eigen::ArrayXd g(8);
  g << 0.5, -0.9, 1.5, 7.0, 0.3, 0.0, -0.2, 0.41;
  for (const double t : {-0.4, 0.0, 0.3}) {
    SquaresOfRelu sum;
    sum_squares_of_relu(law, t, g, 3, 2.0, sum);
    Eigen::VectorXd x(9);
    x << t, g;
    Eigen::VectorXd slopes(9);
    slopes << sum.by_t, sum.by_g / 2.0;
    const auto value = [](const Eigen::VectorXd& at) {
      double total = 0.0;
      for (Eigen::Index i = 0; i < 8; ++i) total += i == 3 ? 0.0 : mean_square_of_relu(law, at[0], at[i + 1]);
      return total;
    };
    CAPTURE(t);
    check_derivatives(value, x, {sum.value, slopes}, 1e-7);
  }
}

TEST_CASE("law: the vertex rule integrates one feature out") {
  const auto [near, far] = vertices(law);
  for (const Line& line : lines) {
    const double t = line.t;
    const double g = line.g;
    if (g == 0.0) continue;
    for (const int r : {1, 2, 4}) {
      const double rule = (positive_power(t + g * far, r + 1) - positive_power(t + g * near, r + 1)) /
                          (raise_divisor(law, r) * g);
      const double size = std::pow(std::abs(t) + std::abs(g), r + 1) / std::abs(g);
      CAPTURE(t, g, r);
      CHECK(rule == Approx(own_power(law, t, g, 0, r)).epsilon(2e-13).margin(1e-15 * size));
    }
  }
}

TEST_CASE("law: on any interval within [-1, 1], and a constant, all is its quadrature") {
  for (const Uniform& on : {Uniform{-1.0, 1.0}, Uniform{1.0 / 3.0, 1.0}, Uniform{-1.0, -0.25},
                            Uniform{-0.5, 1.0}, Uniform{1.0, 1.0}, Uniform{-1.0, -1.0}}) {
    const auto mean = [&](auto f, double crossing = 0.0) {
      if (on.is_constant()) return double(f(on.least));
      const std::vector<double> cuts{std::clamp(crossing, on.least, on.greatest)};
      return integral(f, on.least, on.greatest, cuts) / on.width();
    };
    CAPTURE(on.least, on.greatest);
    for (int r = 0; r <= 6; ++r) {
      CHECK(scaled_moment(on, 1.0, r) ==
            Approx(mean([&](double x) { return std::pow(x, r); })).margin(1e-16));
    }
    for (const double g : {2.0, -2.0}) {
      CHECK(support(on, g).least == std::min({0.0, g * on.least, g * on.greatest}));
      CHECK(support(on, g).greatest == std::max({0.0, g * on.least, g * on.greatest}));
    }
    for (const double u : {-30.0, -1.0, -2e-3, -1e-4, 1e-9, 1e-5, 0.5, 20.0}) {
      const double growth = mean([&](double x) { return std::expm1(u * x); });
      CHECK(transform_growth(on, Eigen::ArrayXd::Constant(1, u))[0] == Approx(growth).epsilon(1e-5));
    }
    for (const double p : {1e-3, 0.4376, 0.8, 0.9, 0.99, 1.0}) {
      const PowerSeries k = mixture_cumulants(on, p);
      CHECK(k[1] == Approx(feature_mean(on, p)).margin(1e-16));
      CHECK(k[2] == Approx(feature_variance(on, p) / 2.0).margin(1e-15));
      const double radius = cumulants_and_radius(on, p).radius;
      const bool from_0 = on.least == 0.0 || on.greatest == 0.0;
      const double nearest_zero = (from_0 ? 4.5 : 3.1) / std::max(on.greatest, -on.least);
      CHECK(radius >= nearest_zero);
      for (int d = 10; d <= highest_power; ++d) {
        CHECK(std::abs(k[std::size_t(d)]) <= std::pow(nearest_zero, -d));
      }
      for (int d = cumulants_on_contour + 1; d <= highest_power; ++d) {
        CHECK(std::abs(k[std::size_t(d)]) <= std::pow(radius, -d) * (1.0 + 1e-12));
      }
    }
    for (const Line& line : lines) {
      const double t = line.t;
      const double g = line.g;
      if (std::abs(g) > 100.0) continue;
      CAPTURE(t, g);
      const auto relu = [&](double x) { return std::max(t + g * x, 0.0); };
      const double size = std::pow(1.0 + std::abs(t) + std::abs(g), 2);
      const auto close = [&](double value, auto f) {
        const double exact = mean(f, crossing(line));
        CAPTURE(value, exact);
        CHECK(std::abs(value - exact) <= 1e-14 * size);
      };
      close(mean_square_of_line(on, t, g), [&](double x) { return (t + g * x) * (t + g * x); });
      close(mean_square_of_relu(on, t, g), [&](double x) { return relu(x) * relu(x); });
      close(active_error(on, t, g), [&](double x) { return (x - relu(x)) * (x - relu(x)); });
      close(own_power(on, t, g, 1, 2), [&](double x) { return x * relu(x) * relu(x); });
      const auto on_at = [&](double x) { return t + g * x > 0.0 ? 1.0 : 0.0; };
      const ActiveErrorSlope slope = active_error_slope(on, t, g);
      close(slope.by_t, [&](double x) { return -2.0 * on_at(x) * (x - relu(x)); });
      close(slope.by_a, [&](double x) { return -2.0 * on_at(x) * x * (x - relu(x)); });
      SquaresOfRelu sum;
      sum_squares_of_relu(on, t, Eigen::Array2d(0.7, g), 0, 1.0, sum);
      close(sum.value, [&](double x) { return relu(x) * relu(x); });
      close(sum.by_t, [&](double x) { return 2.0 * relu(x); });
      close(sum.by_g[1], [&](double x) { return 2.0 * x * relu(x); });
      if (on.is_constant() || g == 0.0) continue;
      const double rule = (positive_power(t + g * on.greatest, 3) - positive_power(t + g * on.least, 3)) /
                          (raise_divisor(on, 2) * g);
      CHECK(rule == Approx(mean_square_of_relu(on, t, g)).margin(1e-14 * size * size / std::abs(g)));
    }
    if (on.is_constant()) continue;
    for (const std::complex<double> u : {std::complex<double>(0.7, 3.0), {-0.2, 0.3}, {1.0, -12.0}}) {
      const std::complex<double> across = u * on.width();
      const std::array<std::complex<double>, 3> unit =
          std::abs(across) < 1.0 ? exponential_moments_near<3>(on, std::exp(across), across, std::abs(across))
                                 : exponential_moments_far<3>(on, std::exp(across), 1.0 / across);
      const auto moments = exponential_moments<3>(on, std::exp(u * on.least), unit);
      for (int r = 0; r < 3; ++r) {
        const auto part = [&](auto of) {
          return mean([&](double x) { return std::pow(x, r) * of(std::exp(u * x)); });
        };
        const std::complex<double> exact(part([](std::complex<double> z) { return z.real(); }),
                                         part([](std::complex<double> z) { return z.imag(); }));
        CAPTURE(u, r, exact);
        CHECK(std::abs(moments[std::size_t(r)] - exact) <= 1e-13);
      }
    }
  }
}
