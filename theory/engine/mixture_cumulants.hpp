#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <vector>

namespace digon {

/// The highest power of t + y that the moments here serve.
inline constexpr int highest_power = 40;

/// Coefficients of a power series in s, of s⁰ … s^degree.
using Series = std::array<double, highest_power + 1>;

/// a b, truncated after s^degree.
Series multiply(const Series& a, const Series& b, int degree);
/// The transpose of b ↦ a b: ⟨multiply_transposed(a, c), b⟩ = ⟨c, multiply(a, b)⟩.
Series multiply_transposed(const Series& a, const Series& c, int degree);
/// exp(k₁ s + k₂ s² + …); k₀ is taken to be 0.
Series exponential(const Series& k, int degree);

/// Row n, entry d: n!/(n − d)!.
inline constexpr auto falling_factorials = [] {
  std::array<Series, highest_power + 1> table{};
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
inline double binomial(int n, int d) {
  return falling_factorial(n, d) / factorial(d);
}

/// E[x^e (a x + t)^r] over the own feature x, uniform on [0, 1], from moments[d] = E[t^d]; e = −1: E[t^r]
/// itself.
double with_own_feature(const Series& moments, double a, int e, int r);

/// The cumulants, over d!, of a feature that is active with probability p and then uniform on [0, 1]:
///   log(1 − p + p φ(s)) = Σ_d k_d s^d,   φ(s) = (eˢ − 1)/s.
/// The series converges for |s| < 4.5, whatever p.
Series mixture_cumulants(double p);

/// The sum y = Σ g_i x_i over the features from `first` on, as a power series of its transform:
///   log E[e^{sy}] = Σ_d K_d (γ s)^d,   K_d = Σ_i k_d(p_i) (g_i/γ)^d,   γ = max |g_i|.
/// Used at |γ s| ≤ 1, or as a formal series for the moments, its cost does not depend on how many features
/// there are; nor does that of derivatives, which go through T_d = γ^{d−1} ∂F/∂(K_d γ^d): if F is an average
/// of q(y), T_d = γ^{d−1} E[q^{(d)}(y)].
class SmallSum {
 public:
  /// Features `first` … of couplings g, sorted by falling |g|, with the cumulants of each.
  SmallSum(const Eigen::VectorXd& g, const std::vector<const Series*>& cumulants, std::size_t first,
           int degree);

  [[nodiscard]] std::size_t first() const { return first_; }
  [[nodiscard]] bool empty() const { return first_ == std::size_t(g_->size()); }
  [[nodiscard]] int degree() const { return degree_; }
  [[nodiscard]] double gamma() const { return gamma_; }
  /// K_d.
  [[nodiscard]] const Series& cumulants() const { return K_; }
  [[nodiscard]] double mean() const { return K_[1] * gamma_; }

  /// ∂F/∂g_i = Σ_d d k_d(p_i) (g_i/γ)^{d−1} T_d, added to by_g_i.
  void add_gradient(const Series& T, Eigen::VectorXd& by_g) const;

 private:
  const Eigen::VectorXd* g_;
  const std::vector<const Series*>* feature_cumulants_;
  std::size_t first_;
  int degree_;
  double gamma_ = 0.0;
  Series K_{};
};

}  // namespace digon
