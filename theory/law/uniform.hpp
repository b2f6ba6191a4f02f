#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstddef>

#include "theory/law/parts.hpp"

namespace digon {

/// An active feature is uniform on [least, greatest]: on [0, 1] in elhage2022 §2, on [−1, 1] in §7. Of width
/// 0 it is a constant, which has moments and integrals as any other, but neither a vertex rule nor a
/// transform that falls: constant_sum.hpp is its engine.
///
/// It is least + width u with u uniform on [0, 1], from which all here is made. On [0, 1], μ_r = 1/(r + 1); a
/// feature of density p = 0.3 has mean p/2 = 0.15 and variance p/3 − p²/4 = 0.0775; its transform at s = 1 is
/// 0.7 + 0.3 φ(1) = 1.2154845, φ(u) = (eᵘ − 1)/u.
///
/// What each function is, for any law, stands in law.hpp.
struct Uniform {
  double least = 0.0;
  double greatest = 1.0;

  [[nodiscard]] constexpr double width() const { return greatest - least; }
  [[nodiscard]] constexpr bool is_constant() const { return least == greatest; }
  [[nodiscard]] constexpr bool is_unit() const { return least == 0.0 && greatest == 1.0; }
  /// The x at u.
  [[nodiscard]] constexpr double at(double u) const { return least + width() * u; }
};

/// Σ_k greatest^k least^{r−k}, k = 0 … r: 1 on [0, 1].
double sum_of_powers(Uniform law, int r);

/// μ_r = Σ_k greatest^k least^{r−k}/(r + 1).
inline double scaled_moment(Uniform law, double factor, int r, double divisor = 1.0) {
  if (!law.is_unit()) factor *= sum_of_powers(law, r);
  return factor / (divisor * (r + 1));
}

inline Support support(Uniform law, double g) {
  return {std::min({0.0, g * law.least, g * law.greatest}), std::max({0.0, g * law.least, g * law.greatest})};
}

// The transform's derivatives on [0, 1], m_r(u) = ∫₀¹ xʳ e^{ux} dx:
//   m_0 = φ = (eᵘ − 1)/u,   m_r = (eᵘ − r m_{r−1})/u,   m_r = Σ_k uᵏ/(k! (k + r + 1)).
// For |u| ≤ 1 the series gives the highest r and the recurrence downwards the others; beyond, the recurrence
// upwards costs less than a digit, and down to 0.6 little more.
constexpr ExponentialRadii exponential_radii(Uniform) {
  return {1.0, 0.6};
}

/// 1/k.
inline constexpr auto inverse_of = [] {
  std::array<double, 40> table{};
  for (std::size_t k = 1; k < table.size(); ++k) table[k] = 1.0 / static_cast<double>(k);
  return table;
}();

/// Row r, entry k: 1/(k! (k + r + 1)).
inline constexpr auto moment_coefficients = [] {
  std::array<std::array<double, 20>, 3> table{};
  double factorial = 1.0;
  for (std::size_t k = 0; k < table[0].size(); ++k) {
    if (k > 0) factorial *= static_cast<double>(k);
    for (std::size_t r = 0; r < table.size(); ++r)
      table[r][k] = 1.0 / (factorial * static_cast<double>(k + r + 1));
  }
  return table;
}();

/// m_r(u) for |u| ≤ radius ≤ 1 by its series, the even powers beside the odd ones.
template <typename Complex>
inline Complex exponential_moment_series(const Complex& u, std::size_t r, double radius) {
  const std::array<double, 20>& c = moment_coefficients[r];
  std::size_t pairs = 2;  // all but 1e-17
  for (double size = radius * radius * radius; size > 1e-17 && 2 * pairs < c.size(); ++pairs) {
    const std::size_t k = 2 * pairs;
    size *= radius * radius * inverse_of[k] * inverse_of[k + 1];
  }
  const Complex square = u * u;
  std::size_t k = 2 * pairs - 4;
  Complex even = c[k] + c[k + 2] * square;
  Complex odd = c[k + 1] + c[k + 3] * square;
  while (k > 0) {
    k -= 2;
    even = c[k] + square * even;
    odd = c[k + 1] + square * odd;
  }
  return even + u * odd;
}

template <std::size_t R, typename Complex>
inline std::array<Complex, R> exponential_moments_near(Uniform, const Complex& exponential, const Complex& u,
                                                       double radius) {
  std::array<Complex, R> moments;
  moments[R - 1] = exponential_moment_series(u, R - 1, radius);
  for (std::size_t r = R; r-- > 1;) moments[r - 1] = inverse_of[r] * (exponential - u * moments[r]);
  return moments;
}

template <std::size_t R, typename Complex>
inline std::array<Complex, R> exponential_moments_far(Uniform, const Complex& exponential,
                                                      const Complex& inverse_u) {
  std::array<Complex, R> moments;
  moments[0] = (-1.0 + exponential) * inverse_u;
  for (std::size_t r = 1; r < R; ++r) moments[r] = (exponential - double(r) * moments[r - 1]) * inverse_u;
  return moments;
}

/// M_r = e^{u·least} Σ_k binomial(r, k) least^{r−k} width^k m_k(u·width), r < R ≤ 3.
template <std::size_t R, typename Complex>
inline std::array<Complex, R> exponential_moments(Uniform law, const Complex& offset,
                                                  const std::array<Complex, R>& unit) {
  static_assert(R >= 1 && R <= 3);
  const double lo = law.least;
  const double w = law.width();
  std::array<Complex, R> moments;
  moments[0] = offset * unit[0];
  if constexpr (R > 1) moments[1] = offset * (lo * unit[0] + w * unit[1]);
  if constexpr (R > 2) moments[2] = offset * (lo * lo * unit[0] + 2.0 * lo * w * unit[1] + w * w * unit[2]);
  return moments;
}

/// |φ(iω)| ≤ 2/ω.
inline double transform_size(Uniform law, double omega, double edge) {
  return std::min(1.0, edge / (omega * law.width()));
}

FewNumbers transform_growth(Uniform, const FewNumbers& u);

double mean_square_of_line(Uniform, double t, double g);
double mean_square_of_relu(Uniform, double t, double g);
double active_error(Uniform, double t, double a);
ActiveErrorSlope active_error_slope(Uniform, double t, double a);
double own_power(Uniform, double t, double a, int e, int r);
void sum_squares_of_relu(Uniform, double t, const Eigen::Ref<const Eigen::ArrayXd>& g, Eigen::Index own,
                         double weight, SquaresOfRelu& sum);

template <std::size_t N, std::size_t Knots, typename Function>
auto mean_between_knots(Uniform law, const GaussRule<N>& rule, const std::array<double, Knots>& knots,
                        double t, double g, Function f) {
  const double begin = t + g * law.least;
  const double slope = g * law.width();
  std::array<double, Knots + 2> cuts{};
  cuts[0] = 0.0;
  cuts[1] = 1.0;
  for (std::size_t k = 0; k < Knots; ++k) {
    const double u = slope == 0.0 ? 0.0 : (knots[k] - begin) / slope;
    cuts[k + 2] = u > 0.0 && u < 1.0 ? u : 0.0;
  }
  std::sort(cuts.begin(), cuts.end());

  decltype(f(0.0)) integral;
  for (std::size_t piece = 0; piece + 1 < cuts.size(); ++piece) {
    const double length = cuts[piece + 1] - cuts[piece];
    if (length == 0.0) continue;
    for (std::size_t k = 0; k < N; ++k) {
      integral.add(length * rule.weight[k], f(law.at(cuts[piece] + length * rule.node[k])));
    }
  }
  return integral;
}

constexpr Vertices vertices(Uniform law) {
  return {law.least, law.greatest};
}

constexpr double raise_divisor(Uniform law, int r) {
  return (r + 1.0) * law.width();
}

}  // namespace digon
