#include "theory/engine/output_error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>

namespace digon {
namespace {

// Knots of the errors as functions of t, before and after averaging over one active feature.
//
// Of a law that begins at 0 two coincide with others.
std::array<double, 2> knots_from_0(Law law, double a) {
  return {0.0, -a * law.greatest};
}
std::array<double, 3> knots(Law law, double a) {
  return {0.0, -a * law.least, -a * law.greatest};
}
template <std::size_t N>
std::array<double, 2 * N> over_one(Law law, const std::array<double, N>& knots, double g) {
  std::array<double, 2 * N> moved;
  for (std::size_t k = 0; k < N; ++k) {
    moved[k] = knots[k] - g * law.least;
    moved[N + k] = knots[k] - g * law.greatest;
  }
  return moved;
}

/// E[f(x)] of a polynomial of degree 3 between the knots of the errors at t + g x.
template <typename Function>
auto over_one_feature(Law law, double t, double a, double g, Function f) {
  return law.least == 0.0 ? mean_between_knots(law, gauss2, knots_from_0(law, a), t, g, f)
                          : mean_between_knots(law, gauss2, knots(law, a), t, g, f);
}

/// The same of degree 5, where the errors are averaged over a feature of coupling g₁ already.
template <typename Function>
auto over_another(Law law, double t, double a, double g1, double g2, Function f) {
  return law.least == 0.0 ? mean_between_knots(law, gauss3, over_one(law, knots_from_0(law, a), g1), t, g2, f)
                          : mean_between_knots(law, gauss3, over_one(law, knots(law, a), g1), t, g2, f);
}

}  // namespace

OutputError output_error(Law law, double t, double a) {
  const double relu = std::max(t, 0.0);
  return {relu * relu, active_error(law, t, a)};
}

OutputError output_error(Law law, double t, double a, double g) {
  return over_one_feature(law, t, a, g, [=](double x) { return output_error(law, t + g * x, a); });
}

OutputError output_error(Law law, double t, double a, double g1, double g2) {
  return over_another(law, t, a, g1, g2, [=](double x) { return output_error(law, t + g2 * x, a, g1); });
}

ErrorSlope error_slope(Law law, double t, double a) {
  const double relu = std::max(t, 0.0);
  const ActiveErrorSlope active = active_error_slope(law, t, a);
  return {{relu * relu, active.value}, {2.0 * relu, active.by_t}, {}, {}, active.by_a};
}

ErrorSlope error_slope(Law law, double t, double a, double g) {
  return over_one_feature(law, t, a, g, [=](double x) {
    ErrorSlope slope = error_slope(law, t + g * x, a);
    slope.by_g1.add(x, slope.by_t);
    return slope;
  });
}

ErrorSlope error_slope(Law law, double t, double a, double g1, double g2) {
  return over_another(law, t, a, g1, g2, [=](double x) {
    ErrorSlope slope = error_slope(law, t + g2 * x, a, g1);
    slope.by_g2.add(x, slope.by_t);
    return slope;
  });
}

OutputError always_on_error(Law law, const Moments& moments, double shift, double a) {
  const double m0 = moments.m[0];
  const double m1 = moments.m[1] + shift * m0;
  const double m2 = moments.m[2] + 2.0 * shift * moments.m[1] + shift * shift * m0;
  return {m2, m2 + scaled_moment(law, 2.0 * (a - 1.0), 1) * m1 +
                  scaled_moment(law, (1.0 - a) * (1.0 - a), 2) * m0};
}

}  // namespace digon
