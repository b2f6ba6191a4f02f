#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "theory/numerics/scratch.hpp"

namespace digon {

/// Truncated moments at a set of points t, with their weights in a sum F that is to be differentiated:
///   V_{e,r}(t) = E[x^e max(t + a x + y, 0)^r],   e = −1 (without the own feature: E[max(t + y, 0)^r]), 0, 1,
/// for the powers r = lowest … highest where e < 1, one less where e = 1. ∂V_{e,r}/∂t = r V_{e,r−1}, so that
/// derivatives need no entries of their own.
///
/// Without others, at t = −0.2 and a = 1: V_{0,2} = ∫_0.2^1 (x − 0.2)² dx = 0.1706667, V_{1,1} = 0.2346667,
/// and the active error μ₂ − 2V_{1,1} + V_{0,2} = 0.0346667.
class PowerPoints {
 public:
  PowerPoints(bool with_own, int lowest, int highest, std::size_t count)
      : with_own_(with_own), lowest_(lowest), highest_(highest), t_(count) {
    weight_.assign(count * stride(), 0.0);
    value_.assign(count * stride(), 0.0);
  }

  [[nodiscard]] std::size_t size() const { return t_.size(); }
  [[nodiscard]] bool with_own() const { return with_own_; }
  [[nodiscard]] int last_e() const { return with_own_ ? 1 : -1; }
  [[nodiscard]] int lowest(int e) const { return e == 1 ? lowest_ - 1 : lowest_; }
  [[nodiscard]] int highest(int e) const { return e == 1 ? highest_ - 1 : highest_; }
  [[nodiscard]] int highest() const { return highest_; }

  [[nodiscard]] double& t(std::size_t k) { return t_[k]; }
  [[nodiscard]] double t(std::size_t k) const { return t_[k]; }
  [[nodiscard]] double& weight(std::size_t k, int e, int r) { return weight_[index(k, e, r)]; }
  [[nodiscard]] double weight(std::size_t k, int e, int r) const { return weight_[index(k, e, r)]; }
  [[nodiscard]] double& value(std::size_t k, int e, int r) { return value_[index(k, e, r)]; }
  [[nodiscard]] double value(std::size_t k, int e, int r) const { return value_[index(k, e, r)]; }

 private:
  [[nodiscard]] std::size_t powers() const { return std::size_t(highest_ - lowest_) + 1; }
  [[nodiscard]] std::size_t stride() const { return (with_own_ ? 3 : 1) * powers(); }
  [[nodiscard]] std::size_t index(std::size_t k, int e, int r) const {
    return k * stride() + std::size_t(e + 1) * powers() + std::size_t(r - lowest(e));
  }

  bool with_own_;
  int lowest_;
  int highest_;
  ScratchVector<double> t_;
  ScratchVector<double> weight_;
  ScratchVector<double> value_;
};

}  // namespace digon
