#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <vector>

#include "theory/law/law.hpp"
#include "theory/numerics/complex_lanes.hpp"

namespace digon {

/// E[x^e (a x + t)^r] over the own feature x, for every r up to a degree, from the moments E[t^d]: a sum of
/// the r + 1 terms of the binomial, each right to rounding.
///
/// x uniform on [0, 1], a = 2 and t = 1: E[x (2x + 1)²] = 4/4 + 4/3 + 1/2 = 2.8333333.
class OwnMoments {
 public:
  OwnMoments(Law law, double a, int degree);

  /// For e = −1 … 2; e = −1: E[t^r] itself. Of as many moments as there are degrees, or more.
  template <std::size_t N>
  void fill(const std::array<double, N>& moments, int e, std::array<double, N>& result) const {
    for (std::size_t r = 0; r <= std::size_t(degree_); ++r) {
      if (e < 0) {
        result[r] = moments[r];
        continue;
      }
      const PowerSeries& power = powers_[std::size_t(e)];
      double sum = 0.0;
      for (std::size_t d = 0; d <= r; ++d) sum += binomials[r][d] * power[d] * moments[r - d];
      result[r] = sum;
    }
  }

 private:
  int degree_;
  std::array<PowerSeries, 3> powers_;  // by e, then d: a^d E[x^{d+e}]
};

/// The sum y = Σ g_i x_i over the features from `first` on, as a power series of its transform:
///   log E[e^{sy}] = Σ_d K_d (γ s)^d,   K_d = Σ_i k_d(p_i) (g_i/γ)^d,   γ = max |g_i|.
/// Used well within Cumulants::radius, or as a formal series for the moments, its cost does not depend on how
/// many features there are; nor does that of derivatives, which go through T_d = γ^{d−1} ∂F/∂(K_d γ^d): if F
/// is an average of q(y), T_d = γ^{d−1} E[q^{(d)}(y)].
///
/// Two features of density 0.3, g = (0.5, −0.25): γ = 0.5, K_1 = 0.15 (1 − 0.5) = 0.075, so the mean of y is
/// 0.0375; K_2 = 0.03875 (1 + 0.25), twice which times γ² is its variance, 0.02421875. With 20 terms the
/// transform is right to a relative 2e-14 at |γ s| ≤ 1.
class SmallSum {
 public:
  /// Features `first` … of couplings g, sorted by falling |g|, with the cumulants of each.
  SmallSum(const Eigen::VectorXd& g, const std::vector<const Cumulants*>& cumulants, std::size_t first,
           int degree);

  [[nodiscard]] std::size_t first() const { return first_; }
  [[nodiscard]] bool empty() const { return first_ == std::size_t(g_->size()); }
  [[nodiscard]] int degree() const { return degree_; }
  [[nodiscard]] double gamma() const { return gamma_; }
  /// K_d.
  [[nodiscard]] const PowerSeries& cumulants() const { return K_; }
  [[nodiscard]] double mean() const { return K_[1] * gamma_; }

  /// ∂F/∂g_i = Σ_d d k_d(p_i) (g_i/γ)^{d−1} T_d, added to by_g_i.
  void add_gradient(const PowerSeries& T, Eigen::VectorXd& by_g) const;

 private:
  /// visit(begin, end, cumulants) for neighbours that share theirs, as features of one density do.
  template <typename Visit>
  void for_each_run(Visit visit) const;
  /// g_i/γ of the features from i on, 0 from `end` on.
  [[nodiscard]] Lanes ratios(std::size_t i, std::size_t end) const;

  const Eigen::VectorXd* g_;
  const std::vector<const Cumulants*>* feature_cumulants_;
  std::size_t first_;
  int degree_;
  double gamma_ = 0.0;
  PowerSeries K_{};
};

}  // namespace digon
