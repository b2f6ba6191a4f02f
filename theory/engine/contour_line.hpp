#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

#include "theory/law/law.hpp"
#include "theory/numerics/complex_lanes.hpp"

namespace digon {

/// c P: small enough not to amplify rounding, large enough that the aliases decay.
inline constexpr double decay_per_period = 4.0;

/// The line of integration Re s = c: nodes s_l = c + i (l + ½) h with h = 2π/P, taken in blocks of
/// lane_count.
///
/// P = 2: c = 4/P = 2, h = π, the first node is 2 + 1.5708i. A coupling g = 0.5 sees u = s g = 1 + 0.7854i
/// there, where φ(u) = (eᵘ − 1)/u = 1.5039992 + 0.7408773i.
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
  double length = 0.0;    ///< from its first node to the next block's

  NodeBlock(const ContourLine& line, std::size_t block) : index(block) {
    for (std::size_t k = 0; k < lane_count; ++k) s.set_lane(k, line.node(block * lane_count + k));
    inverse_s = reciprocal(s);
    least = std::abs(s.lane(0));
    greatest = std::abs(s.lane(lane_count - 1));
    length = double(lane_count) * line.h;
  }
};

/// e^{sg} on successive blocks of a line: a geometric sequence.
class ExponentialSequence {
 public:
  explicit ExponentialSequence(double g) : g_(g) {}

  /// To be called for successive blocks, from any one on.
  void next(const NodeBlock& block) {
    if (started_ && block.index % blocks_between_restarts != 0) {
      exponential_ = advance_ * exponential_;
    } else {
      start(block);
    }
  }

  /// On the block of the last `next`.
  [[nodiscard]] const ComplexLanes& exponential() const { return exponential_; }
  [[nodiscard]] double g() const { return g_; }

 private:
  /// Blocks after which the running product is computed anew, so that its rounding does not build up.
  static constexpr std::size_t blocks_between_restarts = 16;

  void start(const NodeBlock& block) {
    exponential_ = std::exp(g_ * block.s.re[0]) * cis(g_ * block.s.im);
    if (!started_) advance_ = std::polar(1.0, g_ * block.length);
    started_ = true;
  }

  double g_;
  bool started_ = false;
  std::complex<double> advance_;  // e^{ihg·lane_count}
  ComplexLanes exponential_;
};

/// The moments M_r = E[x^r e^{sgx}], r < R, of one coupling on successive blocks of a line. On [0, 1], for
/// |s g| ≤ 90, they are right to 4e-14 of e^{max(Re sg, 0)}/max(1, |s g|); all three to 2e-14 where |s g|
/// ≤ 1.
template <std::size_t R>
class ExponentialOnLine {
 public:
  ExponentialOnLine(Law law, double g)
      : law_(law), across_(g * law.width()), inverse_(1.0 / (g * law.width())) {
    if (law.least != 0.0) offset_.emplace_back(g * law.least);
  }

  /// To be called for successive blocks, from any one on.
  const std::array<ComplexLanes, R>& next(const NodeBlock& block) {
    across_.next(block);
    moments_of_unit(block);
    if (!law_.is_unit()) {
      ComplexLanes offset{all_lanes(1.0), Lanes{}};
      for (ExponentialSequence& e : offset_) {
        e.next(block);
        offset = e.exponential();
      }
      moments_ = exponential_moments<R>(law_, offset, moments_);
    }
    return moments_;
  }

  /// On the block of the last `next`.
  [[nodiscard]] const std::array<ComplexLanes, R>& moments() const { return moments_; }

 private:
  void moments_of_unit(const NodeBlock& block) {
    const double size = std::abs(across_.g());
    const ExponentialRadii radii = exponential_radii(law_);
    // Where both hold the recurrence costs less, and M_2 a digit.
    const bool is_far = block.least * size >= radii.far;
    if (is_far && (R <= 2 || block.greatest * size > radii.near)) {
      moments_ = far(block);
    } else if (block.greatest * size <= radii.near) {
      moments_ = near(block, block.greatest * size);
    } else {
      const std::array<ComplexLanes, R> by_series = near(block, radii.near);
      moments_ = far(block);
      const auto is_near =
          size * size * (block.s.re * block.s.re + block.s.im * block.s.im) <= radii.near * radii.near;
      for (std::size_t r = 0; r < R; ++r) {
        moments_[r] = {is_near ? by_series[r].re : moments_[r].re,
                       is_near ? by_series[r].im : moments_[r].im};
      }
    }
  }

  [[nodiscard]] std::array<ComplexLanes, R> near(const NodeBlock& block, double radius) const {
    return exponential_moments_near<R>(law_, across_.exponential(), ComplexLanes(across_.g() * block.s),
                                       radius);
  }

  [[nodiscard]] std::array<ComplexLanes, R> far(const NodeBlock& block) const {
    return exponential_moments_far<R>(law_, across_.exponential(), ComplexLanes(inverse_ * block.inverse_s));
  }

  Law law_;
  ExponentialSequence across_;
  double inverse_;
  std::vector<ExponentialSequence> offset_;  // none where least is 0
  std::array<ComplexLanes, R> moments_;
};

}  // namespace digon
