#pragma once

#include <cstddef>
#include <vector>

namespace digon {

/// Features are integrated in closed form while at most this many of the others are active.
inline constexpr std::size_t closed_form_active = 2;

/// A transform of y = Σ g_i x_i over random activity patterns, all patterns with three or more active
/// features lumped together, with the densities p_i:
///   Σ_{|A| ≥ 3} Π_{i∈A} p_i f_i Π_{i∉A} S_i
/// built up one feature at a time without subtracting, so it keeps its relative accuracy at any density.
/// f_i is the factor of feature i: φ(s g_i) for the generating function, a bound on it, or its Moments.
template <typename T>
class LumpedCounts {
 public:
  void add(std::size_t /*entered*/, double density, const T& factor) {
    const double sparsity = 1.0 - density;
    rest_ = sparsity * rest_ + density * (factor * (rest_ + two_));
    two_ = sparsity * two_ + density * (factor * one_);
    one_ = sparsity * one_ + (density * none_) * factor;
    none_ *= sparsity;
  }
  [[nodiscard]] static std::size_t classes(std::size_t /*features*/) { return 1; }
  [[nodiscard]] const T& remainder(std::size_t /*index*/) const { return rest_; }

  /// The part of two independent groups together in which two or more features are active.
  [[nodiscard]] static T two_or_more(const LumpedCounts& a, const LumpedCounts& b) {
    const T a_some = a.two_ + a.rest_;
    const T b_some = b.two_ + b.rest_;
    return a.none_ * b_some + a.one_ * (b.one_ + b_some) + a_some * (b.one_ + b_some) + b.none_ * a_some;
  }

 private:
  double none_ = 1.0;
  T one_{};
  T two_{};
  T rest_{};
};

/// The same for every number k ≥ 3 of active features alone, as the mean over the C(n, k) patterns:
///   ē_k = C(n, k)⁻¹ Σ_{|A| = k} Π_{i∈A} f_i,   ē_k ← ((i − k)/i) ē_k + (k/i) f_i ē_{k−1}
/// as feature i enters: a convex combination, stable for any n and free of overflow. The densities do not
/// enter.
template <typename T>
class MeanCounts {
 public:
  void add(std::size_t entered, double /*density*/, const T& factor) {
    const double i = static_cast<double>(entered + 1);
    if (mean_.size() < entered + 2) mean_.resize(entered + 2, T{});
    for (std::size_t k = entered + 1; k >= 2; --k) {
      const double taken = static_cast<double>(k) / i;
      mean_[k] = (1.0 - taken) * mean_[k] + taken * (factor * mean_[k - 1]);
    }
    // k = 1, where ē_0 = 1.
    mean_[1] = ((i - 1.0) / i) * mean_[1] + (1.0 / i) * factor;
  }
  [[nodiscard]] static std::size_t classes(std::size_t features) {
    return features > closed_form_active ? features - closed_form_active : 0;
  }
  /// index 0 is k = 3.
  [[nodiscard]] const T& remainder(std::size_t index) const { return mean_[index + closed_form_active + 1]; }

 private:
  std::vector<T> mean_;
};

}  // namespace digon
