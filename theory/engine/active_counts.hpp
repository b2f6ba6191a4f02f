#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace digon {

/// Features are integrated in closed form while at most this many of the others are active.
inline constexpr std::size_t closed_form_active = 2;

/// A transform of y = Σ g_i x_i given that k features are active, as the mean over the C(n, k) patterns:
///   ē_k = C(n, k)⁻¹ Σ_{|A| = k} Π_{i∈A} f_i,   ē_k ← ((i − k)/i) ē_k + (k/i) f_i ē_{k−1}
/// as feature i enters: a convex combination, stable for any n and free of overflow. The densities do not
/// enter. Factors 2, 3, 4: ē_1 = 3, ē_2 = (6 + 8 + 12)/3 = 26/3, ē_3 = 24. For n ≤ 400 each ē_k of factors of
/// one sign is right to a relative 1e-13.
template <typename T>
class MeanCounts {
 public:
  /// ē_k for k up to `most`.
  explicit MeanCounts(std::size_t most) : mean_(most + 1, T{}) {}

  void add(const T& factor) {
    const double i = static_cast<double>(++entered_);
    for (std::size_t k = std::min(entered_, mean_.size() - 1); k >= 2; --k) {
      const double taken = static_cast<double>(k) / i;
      mean_[k] = (1.0 - taken) * mean_[k] + taken * (factor * mean_[k - 1]);
    }
    // k = 1, where ē_0 = 1.
    mean_[1] = ((i - 1.0) / i) * mean_[1] + (1.0 / i) * factor;
  }

  /// k ≥ 1.
  [[nodiscard]] const T& operator[](std::size_t k) const { return mean_[k]; }

 private:
  std::vector<T> mean_;
  std::size_t entered_ = 0;
};

}  // namespace digon
