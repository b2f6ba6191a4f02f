#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <memory>
#include <numbers>
#include <vector>

#include "theory/law/law.hpp"
#include "theory/numerics/complex_lanes.hpp"
#include "theory/numerics/scratch.hpp"

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

/// Blocks after which a running product e^{sg} is computed anew, so that its rounding does not build up.
inline constexpr std::size_t blocks_between_starts = 16;

/// e^{sg} on successive blocks of a line: a geometric sequence.
class ExponentialSequence {
 public:
  explicit ExponentialSequence(double g) : g_(g) {}

  /// To be called for successive blocks, from any one on.
  void next(const NodeBlock& block) {
    if (started_ && block.index % blocks_between_starts != 0) {
      exponential_ = advance_ * exponential_;
    } else {
      start(block);
    }
  }

  /// On the block of the last `next`.
  [[nodiscard]] const ComplexLanes& exponential() const { return exponential_; }
  [[nodiscard]] double g() const { return g_; }

 private:
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

/// The moments E[x^r e^{sgx}], r < R, of x on [0, 1], on one block from its e^{sg} and from 1/g. For |s g| ≤
/// 90 they are right to 4e-14 of e^{max(Re sg, 0)}/max(1, |s g|); all three to 2e-14 where |s g| ≤ 1.
template <std::size_t R>
std::array<ComplexLanes, R> unit_moments_on(const NodeBlock& block, Law law, double g, double inverse_g,
                                            const ComplexLanes& exponential) {
  const double size = std::abs(g);
  const ExponentialRadii radii = exponential_radii(law);
  const auto near = [&](double radius) {
    return exponential_moments_near<R>(law, exponential, ComplexLanes(g * block.s), radius);
  };
  const auto far = [&] {
    return exponential_moments_far<R>(law, exponential, ComplexLanes(inverse_g * block.inverse_s));
  };
  // Where both hold the recurrence costs less, and the last of three a digit.
  const bool is_far = block.least * size >= radii.far;
  if (is_far && (R <= 2 || block.greatest * size > radii.near)) return far();
  if (block.greatest * size <= radii.near) return near(block.greatest * size);
  const std::array<ComplexLanes, R> by_series = near(radii.near);
  std::array<ComplexLanes, R> moments = far();
  const auto is_near =
      size * size * (block.s.re * block.s.re + block.s.im * block.s.im) <= radii.near * radii.near;
  for (std::size_t r = 0; r < R; ++r) {
    moments[r] = {is_near ? by_series[r].re : moments[r].re, is_near ? by_series[r].im : moments[r].im};
  }
  return moments;
}

/// The moments M_r = E[x^r e^{sgx}], r < R, of one coupling on successive blocks of a line, as close as
/// unit_moments_on.
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
    moments_ = unit_moments_on<R>(block, law_, across_.g(), inverse_, across_.exponential());
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
  Law law_;
  ExponentialSequence across_;
  double inverse_;
  std::vector<ExponentialSequence> offset_;  // none where least is 0
  std::array<ComplexLanes, R> moments_;
};

/// The same of R ≤ 2 for many couplings at once: little is kept of each, and its moments are computed when
/// they are asked for.
class CouplingOnLine {
 public:
  CouplingOnLine(Law law, double g) : law_(law), g_(g * law.width()), inverse_(1.0 / g_) {
    if (law.least != 0.0) offset_ = std::make_unique<CouplingOnLine>(Law{}, g * law.least);
  }

  /// Puts them, from one on, before the block of that index, a vector of couplings at a time: when they
  /// enter, and every blocks_between_starts.
  static void start(ScratchVector<CouplingOnLine>& couplings, std::size_t first, const ContourLine& line,
                    std::size_t block);

  /// To be called for successive blocks.
  void next() {
    exponential_ = advance_ * exponential_;
    if (offset_) offset_->next();
  }

  /// On the block of the last `next`. In line is what most are, far from 0 and on [0, 1].
  template <std::size_t R>
  [[nodiscard]] [[gnu::always_inline]] std::array<ComplexLanes, R> moments(const NodeBlock& block) const {
    const bool is_far = block.least * std::abs(g_) >= exponential_radii(law_).far;
    if (!is_far || !law_.is_unit()) [[unlikely]]
      return other_moments<R>(block);
    return exponential_moments_far<R>(law_, exponential_, ComplexLanes(inverse_ * block.inverse_s));
  }

 private:
  static void start(const std::array<CouplingOnLine*, lane_count>& together, const ContourLine& line,
                    std::size_t block);

  template <std::size_t R>
  [[nodiscard]] [[gnu::noinline]] std::array<ComplexLanes, R> other_moments(const NodeBlock& block) const {
    const auto moments = unit_moments_on<R>(block, law_, g_, inverse_, exponential_);
    if (law_.is_unit()) return moments;
    const ComplexLanes at_0{all_lanes(1.0), Lanes{}};
    return exponential_moments<R>(law_, offset_ ? offset_->exponential_ : at_0, moments);
  }

  Law law_;
  double g_;  // times the law's width
  double inverse_;
  std::complex<double> advance_;            // e^{ihg·lane_count}
  std::unique_ptr<CouplingOnLine> offset_;  // of g times the law's least, unless that is 0
  ComplexLanes exponential_;
};

}  // namespace digon
