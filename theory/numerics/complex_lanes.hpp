#pragma once

#include <Eigen/Core>
#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>

#include "core/base/simd.hpp"

namespace digon {

/// As many doubles side by side as a vector register holds: eight, or four.
using Lanes = double __attribute__((vector_size(simd_bytes)));
inline constexpr std::size_t lane_count = simd_bytes / sizeof(double);

inline Lanes all_lanes(double value) {
  return Lanes{} + value;
}

inline double sum_of(const Lanes& lanes) {
  double sum = 0.0;
  for (std::size_t k = 0; k < lane_count; ++k) sum += lanes[k];
  return sum;
}

inline Lanes larger(const Lanes& a, const Lanes& b) {
  return a > b ? a : b;
}
inline Lanes smaller(const Lanes& a, const Lanes& b) {
  return a < b ? a : b;
}

/// Eigen's functions, lane by lane.
using LaneArray = Eigen::Map<Eigen::Array<double, lane_count, 1>, sizeof(Lanes)>;
inline Lanes exponential(Lanes x) {
  LaneArray array(reinterpret_cast<double*>(&x));
  array = array.exp();
  return x;
}
inline Lanes logarithm(Lanes x) {
  LaneArray array(reinterpret_cast<double*>(&x));
  array = array.log();
  return x;
}

/// Complex numbers side by side.
struct ComplexLanes {
  Lanes re{};
  Lanes im{};

  [[nodiscard]] std::complex<double> lane(std::size_t k) const { return {re[k], im[k]}; }
  void set_lane(std::size_t k, std::complex<double> value) {
    re[k] = value.real();
    im[k] = value.imag();
  }
};

inline ComplexLanes operator+(const ComplexLanes& a, const ComplexLanes& b) {
  return {a.re + b.re, a.im + b.im};
}
inline ComplexLanes operator-(const ComplexLanes& a, const ComplexLanes& b) {
  return {a.re - b.re, a.im - b.im};
}
inline ComplexLanes operator*(const ComplexLanes& a, const ComplexLanes& b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
inline Lanes real_of_product(const ComplexLanes& a, const ComplexLanes& b) {
  return a.re * b.re - a.im * b.im;
}
inline ComplexLanes operator*(double a, const ComplexLanes& b) {
  return {a * b.re, a * b.im};
}
inline ComplexLanes operator*(std::complex<double> a, const ComplexLanes& b) {
  return {a.real() * b.re - a.imag() * b.im, a.real() * b.im + a.imag() * b.re};
}
inline ComplexLanes operator+(double a, const ComplexLanes& b) {
  return {a + b.re, b.im};
}

/// 1/z, lane by lane.
inline ComplexLanes reciprocal(const ComplexLanes& z) {
  const Lanes scale = 1.0 / (z.re * z.re + z.im * z.im);
  return {z.re * scale, -z.im * scale};
}

inline constexpr std::size_t series_terms = 9;
/// (−1)^k/(2k + first)!, k = 0 … 8, but for a sign
consteval std::array<double, series_terms> alternating_series(int first, double sign) {
  std::array<double, series_terms> series{};
  double factorial = 1.0;
  for (int d = 2; d <= first; ++d) factorial *= d;
  for (std::size_t k = 0; k < series_terms; ++k, sign = -sign) {
    const int d = first + 2 * int(k);
    series[k] = sign / factorial;
    factorial *= double(d + 1) * double(d + 2);
  }
  return series;
}
inline constexpr std::array<double, series_terms> sine_series = alternating_series(1, 1.0);
inline constexpr std::array<double, series_terms> cosine_series = alternating_series(2, -1.0);

/// e^{ix}, lane by lane, to 2e-16 beside what the rounding of x leaves; |x| up to 10⁶.
///
/// x = 4: the nearest multiple of π/2 is 3 · π/2, r = 4 − 4.7123890 = −0.7123890, and e^{4i} = i³ e^{ir} =
/// −i (0.7568025 − 0.6536436i) = −0.6536436 − 0.7568025i.
inline ComplexLanes cis(const Lanes& x) {
  using Bits = long long __attribute__((vector_size(simd_bytes)));
  constexpr double to_nearest = 0x1.8p52;  // added, it leaves an integer in the last bits
  // π/2 in parts of 33 bits, so that a multiple of the first two is exact.
  constexpr double first = 0x1.921fb544p+0;
  constexpr double second = 0x1.0b4611a6p-34;
  constexpr double third = 0x1.3198a2e037073p-69;
  const Lanes shifted = x * (2.0 / std::numbers::pi) + to_nearest;
  const Lanes quarters = shifted - to_nearest;
  const Lanes r = ((x - quarters * first) - quarters * second) - quarters * third;
  const Lanes square = r * r;
  Lanes sine{};  // Taylor's series, to r¹⁷ and r¹⁸
  Lanes cosine{};
  for (std::size_t k = series_terms; k-- > 0;) {
    sine = sine_series[k] + square * sine;
    cosine = cosine_series[k] + square * cosine;
  }
  sine = r * sine;
  cosine = 1.0 + square * cosine;
  const Bits turns = std::bit_cast<Bits>(shifted);
  const auto signed_by = [](const Lanes& value, const Bits& turn) {  // negative where 2 is in the turn
    return std::bit_cast<Lanes>(std::bit_cast<Bits>(value) ^ ((turn & 2) << 62));
  };
  const auto is_odd = (turns & 1) != 0;
  return {signed_by(is_odd ? sine : cosine, turns + 1), signed_by(is_odd ? cosine : sine, turns)};
}

/// e^z, lane by lane.
inline ComplexLanes exponential(const ComplexLanes& z) {
  Lanes size;
  for (std::size_t k = 0; k < lane_count; ++k) size[k] = std::exp(z.re[k]);
  const ComplexLanes turn = cis(z.im);
  return {size * turn.re, size * turn.im};
}

}  // namespace digon
