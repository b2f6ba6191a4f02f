#include "theory/engine/output_error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>

namespace digon {
namespace {

/// The mean of u² where u runs linearly from u0 to u1.
double mean_square(double u0, double u1) {
  return (u0 * u0 + u0 * u1 + u1 * u1) / 3.0;
}

/// The x ∈ [0, 1] where t + g x > 0: an interval, maybe empty.
struct OnInterval {
  double begin = 0.0;
  double end = 0.0;
};

OnInterval where_on(double t, double g) {
  if (t > 0.0 && t + g > 0.0) return {0.0, 1.0};
  if (t <= 0.0 && t + g <= 0.0) return {0.0, 0.0};
  const double crossing = std::clamp(-t / g, 0.0, 1.0);
  return g > 0.0 ? OnInterval{crossing, 1.0} : OnInterval{0.0, crossing};
}

/// Gauss–Legendre nodes and weights on [0, 1], exact for polynomials of degree 2N − 1.
template <std::size_t N>
struct GaussRule {
  std::array<double, N> node;
  std::array<double, N> weight;
};

const GaussRule<2> gauss2{{0.5 - 0.5 / std::sqrt(3.0), 0.5 + 0.5 / std::sqrt(3.0)}, {0.5, 0.5}};
const GaussRule<3> gauss3{{0.5 - 0.5 * std::sqrt(0.6), 0.5, 0.5 + 0.5 * std::sqrt(0.6)},
                          {5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0}};

/// ∫₀¹ f(x) dx for f polynomial in x wherever t + g x meets none of the knots: the interval is cut where it
/// does and each piece integrated exactly. All weights are positive, so nothing cancels.
template <std::size_t N, std::size_t Knots, typename Function>
auto integrate_between_knots(const GaussRule<N>& rule, const std::array<double, Knots>& knots, double t,
                             double g, Function f) {
  std::array<double, Knots + 2> cuts{};
  cuts[0] = 0.0;
  cuts[1] = 1.0;
  for (std::size_t k = 0; k < Knots; ++k) {
    const double x = g == 0.0 ? 0.0 : (knots[k] - t) / g;
    cuts[k + 2] = x > 0.0 && x < 1.0 ? x : 0.0;
  }
  std::sort(cuts.begin(), cuts.end());

  decltype(f(0.0)) integral;
  for (std::size_t piece = 0; piece + 1 < cuts.size(); ++piece) {
    const double length = cuts[piece + 1] - cuts[piece];
    if (length == 0.0) continue;
    for (std::size_t k = 0; k < N; ++k) {
      integral.add(length * rule.weight[k], f(cuts[piece] + length * rule.node[k]));
    }
  }
  return integral;
}

// Knots of the errors as functions of t, before and after averaging over one active feature.
std::array<double, 2> knots_of(double a) {
  return {0.0, -a};
}
std::array<double, 4> knots_of(double a, double g) {
  return {0.0, -a, -g, -a - g};
}

}  // namespace

double mean_square_of_relu(double t, double g) {
  const OnInterval on = where_on(t, g);
  return (on.end - on.begin) * mean_square(std::max(t + g * on.begin, 0.0), std::max(t + g * on.end, 0.0));
}

OutputError output_error(double t, double a) {
  // Where the output is on the residual is (1 − a)x − t, elsewhere x: linear on each piece.
  const OnInterval on = where_on(t, a);
  const auto residual = [&](double x) { return (1.0 - a) * x - t; };
  const double active = (on.end - on.begin) * mean_square(residual(on.begin), residual(on.end)) +
                        on.begin * mean_square(0.0, on.begin) + (1.0 - on.end) * mean_square(on.end, 1.0);
  const double relu = std::max(t, 0.0);
  // An empty interval is {0, 0}: then the last term is ∫₀¹ x² dx.
  return {relu * relu, active};
}

OutputError output_error(double t, double a, double g) {
  return integrate_between_knots(gauss2, knots_of(a), t, g,
                                 [=](double x) { return output_error(t + g * x, a); });
}

OutputError output_error(double t, double a, double g1, double g2) {
  return integrate_between_knots(gauss3, knots_of(a, g1), t, g2,
                                 [=](double x) { return output_error(t + g2 * x, a, g1); });
}

ActiveErrorSlope active_error_slope(double t, double a) {
  const OnInterval on = where_on(t, a);
  // The residual (1 − a)x − t falls by dt, and by x da, where the output is on.
  const double r0 = (1.0 - a) * on.begin - t;
  const double r1 = (1.0 - a) * on.end - t;
  const double length = on.end - on.begin;
  const double mean_rx = (2.0 * (r0 * on.begin + r1 * on.end) + r0 * on.end + r1 * on.begin) / 6.0;
  return {output_error(t, a).active, -length * (r0 + r1), -2.0 * length * mean_rx};
}

OutputError always_on_error(const Moments& moments, double shift, double a) {
  const double m0 = moments.m[0];
  const double m1 = moments.m[1] + shift * m0;
  const double m2 = moments.m[2] + 2.0 * shift * moments.m[1] + shift * shift * m0;
  return {m2, m2 + (a - 1.0) * m1 + (1.0 - a) * (1.0 - a) / 3.0 * m0};
}

}  // namespace digon
