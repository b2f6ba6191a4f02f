#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>

#include "theory/numerics/complex_lanes.hpp"

namespace digon {

/// c P: small enough not to amplify rounding, large enough that the aliases decay.
inline constexpr double decay_per_period = 4.0;

/// The line of integration Re s = c: nodes s_l = c + i (l + ½) h with h = 2π/P, taken in blocks of
/// lane_count.
struct ContourLine {
  double period = 0.0;
  double c = 0.0;
  double h = 0.0;

  explicit ContourLine(double span)
      : period(span), c(decay_per_period / span), h(2.0 * std::numbers::pi / span) {}

  [[nodiscard]] std::complex<double> node(std::size_t l) const {
    return {c, (static_cast<double>(l) + 0.5) * h};
  }
};

/// One block of nodes.
struct NodeBlock {
  std::size_t index = 0;
  ComplexLanes s;
  ComplexLanes inverse_s;
  double least = 0.0;     ///< least |s|
  double greatest = 0.0;  ///< greatest |s|

  NodeBlock(const ContourLine& line, std::size_t block) : index(block) {
    for (std::size_t k = 0; k < lane_count; ++k) s.set_lane(k, line.node(block * lane_count + k));
    inverse_s = reciprocal(s);
    least = std::abs(s.lane(0));
    greatest = std::abs(s.lane(lane_count - 1));
  }
};

// The moments of an exponential over a uniform x, M_r(u) = ∫₀¹ xʳ e^{ux} dx:
//   M_0 = φ = (eᵘ − 1)/u,   M_r = (eᵘ − r M_{r−1})/u,   M_r = Σ_k uᵏ/(k! (k + r + 1)).
// For |u| ≤ 1 the series gives the highest r and the recurrence downwards the others; beyond, the recurrence
// upwards costs less than a digit, and down to ½ little more.
inline constexpr double series_radius = 1.0;
inline constexpr double recurrence_radius = 0.5;

/// 1/k.
inline constexpr auto inverse_of = [] {
  std::array<double, 40> table{};
  for (std::size_t k = 1; k < table.size(); ++k) table[k] = 1.0 / static_cast<double>(k);
  return table;
}();

/// M_r(u) for |u| ≤ radius ≤ series_radius.
inline ComplexLanes exponential_moment_series(const ComplexLanes& u, std::size_t r, double radius) {
  std::size_t terms = 1;
  for (double size = radius; size > 1e-17 && terms < 20; ++terms) size *= radius * inverse_of[terms + 1];
  ComplexLanes sum = (inverse_of[terms] * inverse_of[terms + r + 1]) * u;
  for (std::size_t k = terms - 1; k >= 1; --k) {
    sum = inverse_of[k] * (u * (inverse_of[k + r + 1] + sum));
  }
  return inverse_of[r + 1] + sum;
}

/// e^{sg} and its moments M_0 … M_{R−1} on successive blocks of a line; e^{sg} there is a geometric sequence.
template <std::size_t R>
class ExponentialOnLine {
 public:
  ExponentialOnLine(const ContourLine& line, double g) : line_(&line), g_(g) {
    const std::complex<double> step = std::polar(1.0, line.h * g);
    advance_ = 1.0;
    for (std::size_t k = 0; k < lane_count; ++k, advance_ *= step) lanes_.set_lane(k, advance_);
  }

  /// To be called for successive blocks, from any one on.
  const std::array<ComplexLanes, R>& next(const NodeBlock& block) {
    advance_to(block);
    if constexpr (R > 0) {
      const double size = std::abs(g_);
      if (block.greatest * size <= series_radius) {
        moments_ = by_series(block, block.greatest * size);
      } else if (block.least * size >= recurrence_radius) {
        moments_ = by_recurrence(block);
      } else {
        const std::array<ComplexLanes, R> near = by_series(block, series_radius);
        moments_ = by_recurrence(block);
        const auto is_near =
            size * size * (block.s.re * block.s.re + block.s.im * block.s.im) <= series_radius;
        for (std::size_t r = 0; r < R; ++r) {
          moments_[r] = {is_near ? near[r].re : moments_[r].re, is_near ? near[r].im : moments_[r].im};
        }
      }
    }
    return moments_;
  }

  /// On the block of the last `next`: the moments, and e^{sg}.
  [[nodiscard]] const std::array<ComplexLanes, R>& moments() const { return moments_; }
  [[nodiscard]] const ComplexLanes& exponential() const { return exponential_; }

 private:
  /// Blocks after which the running product is computed anew, so that its rounding does not build up.
  static constexpr std::size_t blocks_between_restarts = 16;

  [[nodiscard]] std::array<ComplexLanes, R> by_series(const NodeBlock& block, double radius) const {
    std::array<ComplexLanes, R> moments;
    const ComplexLanes u = g_ * block.s;
    moments[R - 1] = exponential_moment_series(u, R - 1, radius);
    for (std::size_t r = R; r-- > 1;) moments[r - 1] = inverse_of[r] * (exponential_ - u * moments[r]);
    return moments;
  }

  [[nodiscard]] std::array<ComplexLanes, R> by_recurrence(const NodeBlock& block) const {
    std::array<ComplexLanes, R> moments;
    const ComplexLanes inverse_u = (1.0 / g_) * block.inverse_s;
    moments[0] = (-1.0 + exponential_) * inverse_u;
    for (std::size_t r = 1; r < R; ++r) moments[r] = (exponential_ - double(r) * moments[r - 1]) * inverse_u;
    return moments;
  }

  void advance_to(const NodeBlock& block) {
    if (started_ && block.index % blocks_between_restarts != 0) {
      exponential_ = advance_ * exponential_;
      return;
    }
    exponential_ = std::exp(g_ * block.s.lane(0)) * lanes_;
    started_ = true;
  }

  const ContourLine* line_;
  double g_;
  bool started_ = false;
  std::complex<double> advance_;  // e^{ihg·lane_count}
  ComplexLanes lanes_;            // e^{ihgk} for lane k
  ComplexLanes exponential_;
  std::array<ComplexLanes, R> moments_;
};

}  // namespace digon
