#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace digon {

/// Features are integrated in closed form while at most this many of the others are active.
inline constexpr std::size_t closed_form_active = 2;

/// A transform of y = Σ g_i x_i given that k of n features are active, as the mean over the C(n, k) patterns:
///   ē_k = C(n, k)⁻¹ e_k,   e_k = Σ_{|A| = k} Π_{i∈A} f_i,   e_k ← e_k + f_i e_{k−1}
/// as feature i enters. The densities do not enter. Factors 2, 3, 4: ē_1 = 3, ē_2 = (6 + 8 + 12)/3 = 26/3,
/// ē_3 = 24. For n ≤ 400 each ē_k of factors of one sign is right to a relative 1e-13.
///
/// Where C(n, k) nears the largest double, n > 1000 and many active, the means are carried instead, at twice
/// the cost: ē_k ← ((i − k)/i) ē_k + (k/i) f_i ē_{k−1}, a convex combination.
template <typename T>
class MeanCounts {
 public:
  /// ē_k for k up to `most`, of `features` to be added.
  MeanCounts(std::size_t most, std::size_t features)
      : most_(std::min(most, features)), sums_(most + 1, T{}), patterns_(most + 1, 1.0) {
    double choose = 1.0;
    for (std::size_t k = 1; k <= most_; ++k) {
      choose *= double(features - k + 1) / double(k);
      largest_ = std::max(largest_, choose);
      patterns_[k] = choose;
    }
    if (carries_means()) std::fill(patterns_.begin(), patterns_.end(), 1.0);
  }

  void add(T factor) {
    ++entered_;
    if (carries_means()) return add_to_means(factor);
    T below = factor;  // f e_{k−1}, of e_0 = 1
    for (std::size_t k = 1; k <= std::min(entered_, most_); ++k) {
      T& sum = sums_[k];
      const T grown = factor * sum;
      sum = sum + below;
      below = grown;
    }
  }

  /// Four features, by Π (1 + f z) of them: every sum is read and written once.
  void add(const std::array<T, 4>& factors) {
    const auto& [a, b, c, d] = factors;
    if (carries_means()) {
      for (const T& factor : factors) add(factor);
      return;
    }
    entered_ += factors.size();
    const T ab = a * b;
    const T cd = c * d;
    const T one = (a + b) + (c + d);
    const T two = ab + (a + b) * (c + d) + cd;
    const T three = ab * (c + d) + (a + b) * cd;
    const T four = ab * cd;
    T* e = sums_.data();
    const std::size_t most = std::min(entered_, most_);
    for (std::size_t k = most; k > 4; --k) {
      e[k] = e[k] + one * e[k - 1] + two * e[k - 2] + three * e[k - 3] + four * e[k - 4];
    }
    if (most >= 4) e[4] = e[4] + one * e[3] + two * e[2] + three * e[1] + four;
    if (most >= 3) e[3] = e[3] + one * e[2] + two * e[1] + three;
    if (most >= 2) e[2] = e[2] + one * e[1] + two;
    if (most >= 1) e[1] = e[1] + one;
  }

  /// k ≥ 1, once all features are added.
  [[nodiscard]] T operator[](std::size_t k) const { return (1.0 / patterns_[k]) * sums_[k]; }

 private:
  /// Factors are at most e⁴ or so, and few of them so large.
  [[nodiscard]] bool carries_means() const { return !(largest_ < 1e280); }

  void add_to_means(const T& factor) {
    const double i = static_cast<double>(entered_);
    for (std::size_t k = std::min(entered_, most_); k >= 2; --k) {
      const double taken = static_cast<double>(k) / i;
      sums_[k] = (1.0 - taken) * sums_[k] + taken * (factor * sums_[k - 1]);
    }
    sums_[1] = ((i - 1.0) / i) * sums_[1] + (1.0 / i) * factor;
  }

  std::size_t most_;
  std::vector<T> sums_;
  std::vector<double> patterns_;  // C(n, k), or 1 where means are carried
  double largest_ = 1.0;
  std::size_t entered_ = 0;
};

}  // namespace digon
