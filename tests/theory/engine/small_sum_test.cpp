#include "theory/engine/small_sum.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/derivative_check.hpp"
#include "tests/theory/high_precision.hpp"

using namespace digon;

namespace {

const Eigen::VectorXd densities = (Eigen::VectorXd(5) << 0.3, 0.02, 1.0, 0.7, 0.3).finished();

/// E[e^{sy}] as a product.
std::complex<double> transform(const Eigen::VectorXd& g, std::size_t first, std::complex<double> s) {
  HighComplex product = 1;
  for (auto i = Eigen::Index(first); i < g.size(); ++i) {
    product *= HighComplex(1) + HighComplex(densities[i]) * (exponential_moment(high(s * g[i]), 0) - 1);
  }
  return to_double(product);
}

std::vector<Cumulants> all_cumulants() {
  std::vector<Cumulants> cumulants;
  for (const double p : densities) cumulants.push_back(cumulants_and_radius(Law{}, p));
  return cumulants;
}

}  // namespace

TEST_CASE("small sum: its power series is the transform of the sum, and its gradient the derivative") {
  const std::vector<Cumulants> cumulants = all_cumulants();
  std::vector<const Cumulants*> pointers;
  for (const Cumulants& each : cumulants) pointers.push_back(&each);
  Eigen::VectorXd g(5);
  g << 0.8, -0.5, 0.5, -0.1, 1e-3;
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}, std::size_t{4}}) {
    const int degree = 20;
    const SmallSum sum(g, pointers, first, degree);
    CHECK(sum.gamma() == std::abs(g[Eigen::Index(first)]));
    CHECK(sum.mean() ==
          Approx(0.5 * g.tail(5 - Eigen::Index(first)).dot(densities.tail(5 - Eigen::Index(first)))));
    for (const double angle : {0.0, 0.8, 1.57, 3.0}) {
      const std::complex<double> u = std::polar(1.0, angle);  // γ s, as far out as it is used
      std::complex<double> log_transform = 0.0;
      for (int d = degree; d > 0; --d) log_transform = u * (sum.cumulants()[std::size_t(d)] + log_transform);
      const std::complex<double> exact = transform(g, first, u / sum.gamma());
      CAPTURE(first, angle);
      CHECK(std::abs(std::exp(log_transform) - exact) <= 2e-14 * std::abs(exact));
    }
    // F = E[e^{sy}] of a real s: ∂F/∂(K_d γ^d) = s^d F.
    const double s = 0.9 / sum.gamma();
    const double F = transform(g, first, s).real();
    PowerSeries T{};
    for (int d = 1; d <= degree; ++d) T[std::size_t(d)] = std::pow(sum.gamma(), d - 1) * std::pow(s, d) * F;
    Eigen::VectorXd by_g = Eigen::VectorXd::Zero(5);
    sum.add_gradient(T, by_g);
    check_derivatives([&](const Eigen::VectorXd& at) { return transform(at, first, s).real(); }, g, {F, by_g},
                      1e-3 * sum.gamma());
  }
}

TEST_CASE("small sum: with the own feature, E[x^e (a x + t)^r]") {
  // t is 0.3 or −0.8, evenly.
  PowerSeries moments{};
  for (int d = 0; d < 9; ++d) moments[std::size_t(d)] = 0.5 * (std::pow(0.3, d) + std::pow(-0.8, d));
  const int degree = 7;
  for (const double a : {-0.7, 0.0, 1.3}) {
    const OwnMoments own(Law{}, a, degree);
    PowerSeries with_own{};
    own.fill(moments, -1, with_own);
    for (std::size_t r = 0; r <= degree; ++r) CHECK(with_own[r] == moments[r]);
    for (int e = 0; e <= 2; ++e) {
      own.fill(moments, e, with_own);
      for (int r = 0; r <= degree; ++r) {
        const auto f = [&](double x) {
          return 0.5 * std::pow(x, e) * (std::pow(a * x + 0.3, r) + std::pow(a * x - 0.8, r));
        };
        CAPTURE(a, e, r);
        CHECK(with_own[std::size_t(r)] == Approx(integral(f, 0.0, 1.0)).margin(1e-15));
      }
    }
  }
}

TEST_CASE("power series: logarithm and exponential are inverse, products and their transposes agree") {
  PowerSeries k{};
  PowerSeries c{};
  for (std::size_t d = 1; d < k.size(); ++d) {
    k[d] = std::cos(double(d)) / double(d * d);
    c[d] = std::sin(3.0 * double(d));
  }
  const PowerSeries f = exponential(k, highest_power);
  const PowerSeries again = logarithm(f);
  for (std::size_t d = 1; d < k.size(); ++d) CHECK(again[d] == Approx(k[d]).margin(1e-13));
  const PowerSeries product = multiply(f, k);
  const PowerSeries transposed = multiply_transposed(f, c);
  double left = 0.0;
  double right = 0.0;
  for (std::size_t d = 0; d < k.size(); ++d) {
    left += transposed[d] * k[d];
    right += c[d] * product[d];
  }
  CHECK(left == Approx(right).epsilon(1e-13));
  CHECK(binomial(7, 3) == 35.0);
  CHECK(falling_factorial(7, 3) == 210.0);
}
