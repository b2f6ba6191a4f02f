#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "theory/engine/output_unit.hpp"
#include "theory/engine/power_points.hpp"

namespace digon {

/// How far y = Σ g_i x_i over the features from `first` on can be, for all that matters.
///
/// Six features of density 0.001, all g = 1: y has mean 0.003 and range [0, 6]. Where F = E[max(t + y, 0)²]
/// may change by 1e-4, y need not be followed beyond 4.30.
class FeatureSum {
 public:
  FeatureSum(Law law, const Eigen::VectorXd& g, const Eigen::VectorXd& density, std::size_t first);

  [[nodiscard]] double mean() const { return mean_; }

  /// The interval outside which y changes F by at most `effect` on either side, nor any derivative of F by
  /// more: the range of y, or by Chernoff's bound E[max(y − τ, 0)^r] ≤ (r/(eθ))^r e^{−θτ} E[e^{θy}] less.
  [[nodiscard]] Support reach(const PowerPoints& points, double effect) const;

 private:
  static constexpr int rates = 5;
  using Rates = Eigen::Array<double, rates, 1>;

  double mean_ = 0.0;
  Support range_;
  Rates theta_;           ///< of Chernoff's bound
  Rates log_mean_above_;  ///< log E[e^{θy}]
  Rates log_mean_below_;  ///< log E[e^{−θy}]
  bool narrow_ = true;    ///< the range is no wider than the bound could be
};

}  // namespace digon
