#pragma once

#include <complex>
#include <cstddef>

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

}  // namespace digon
