#pragma once

#include <array>
#include <cstddef>

namespace digon {

/// The highest power of t + y that the moments here serve.
inline constexpr int highest_power = 40;

/// Coefficients of a power series in s, of s⁰ … s^degree: of a transform E[e^{sy}] near s = 0 these are
/// E[y^d]/d!, of its logarithm the cumulants over d!.
///
/// y uniform on [0, 1]: E[e^{sy}] = 1 + s/2 + s²/6 + s³/24 + …, whose logarithm is s/2 + s²/24 − s⁴/2880 + …:
/// mean 1/2, variance 2/24 = 1/12, no skewness.
using PowerSeries = std::array<double, highest_power + 1>;

/// a b, truncated, of series that hold N coefficients. Short ones stay in registers.
template <std::size_t N>
std::array<double, N> multiply(const std::array<double, N>& a, const std::array<double, N>& b) {
  std::array<double, N> product{};
#pragma GCC unroll 8
  for (std::size_t d = 0; d < N; ++d) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k <= d; ++k) product[d] += a[k] * b[d - k];
  }
  return product;
}

/// The transpose of b ↦ a b: ⟨multiply_transposed(a, c), b⟩ = ⟨c, multiply(a, b)⟩.
template <std::size_t N>
std::array<double, N> multiply_transposed(const std::array<double, N>& a, const std::array<double, N>& c) {
  std::array<double, N> product{};
#pragma GCC unroll 8
  for (std::size_t d = 0; d < N; ++d) {
#pragma GCC unroll 8
    for (std::size_t k = d; k < N; ++k) product[d] += a[k - d] * c[k];
  }
  return product;
}

/// exp(k₁ s + k₂ s² + …); k₀ is taken to be 0.
PowerSeries exponential(const PowerSeries& k, int degree);
/// log(1 + f₁ s + f₂ s² + …), to the highest power; f₀ is taken to be 1.
PowerSeries logarithm(const PowerSeries& f);
/// The greatest r with |k_d| ≤ r^{−d} for every d > degree.
double radius_beyond(const PowerSeries& k, int degree);

/// Row n, entry d: n!/(n − d)!.
inline constexpr auto falling_factorials = [] {
  std::array<PowerSeries, highest_power + 1> table{};
  for (std::size_t n = 0; n < table.size(); ++n) {
    table[n][0] = 1.0;
    for (std::size_t d = 1; d <= n; ++d) table[n][d] = table[n][d - 1] * double(n - d + 1);
  }
  return table;
}();
inline double falling_factorial(int n, int d) {
  return falling_factorials[std::size_t(n)][std::size_t(d)];
}
inline double factorial(int n) {
  return falling_factorial(n, n);
}

/// Row n, entry d: n!/(d! (n − d)!).
inline constexpr auto binomials = [] {
  std::array<PowerSeries, highest_power + 1> table{};
  for (std::size_t n = 0; n < table.size(); ++n) {
    table[n][0] = 1.0;
    for (std::size_t d = 1; d <= n; ++d) table[n][d] = table[n - 1][d - 1] + table[n - 1][d];
  }
  return table;
}();
inline double binomial(int n, int d) {
  return binomials[std::size_t(n)][std::size_t(d)];
}

}  // namespace digon
