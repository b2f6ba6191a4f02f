#include "theory/feature_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace digon {
namespace {

/// log E[e^{θ g x}] of one feature.
double log_mean_exponential(double density, double u) {
  if (u == 0.0) return 0.0;
  return std::log1p(density * (std::expm1(u) - u) / u);
}

/// The largest of r^{…}: (r/(eθ))^r bounds max_z z^r e^{−θz}.
double power_bound(int r, double theta) {
  return r == 0 ? 1.0 : std::pow(r / (std::numbers::e * theta), r);
}

/// Σ |weight| of what E[e^{−θz}] is multiplied by to bound F and its derivative by t.
double bound_coefficient(const PowerPoints& points, double theta) {
  double sum = 0.0;
  for (int e = -1; e <= points.last_e(); ++e) {
    for (int r = points.lowest(e); r <= points.highest(e); ++r) {
      double weight = 0.0;
      for (std::size_t k = 0; k < points.size(); ++k) weight += std::abs(points.weight(k, e, r));
      if (weight == 0.0) continue;
      sum += weight * std::max(power_bound(r, theta), r == 0 ? 0.0 : r * power_bound(r - 1, theta));
    }
  }
  return sum;
}

}  // namespace

FeatureSum::FeatureSum(const Eigen::VectorXd& g, const Eigen::VectorXd& density, std::size_t first) {
  // In units of the deviation: where Chernoff's bound at 1e-4 … 1e-30 is best, for sums that are nearly
  // normal and for sums with a long tail.
  constexpr std::array<double, rates> grid{1.0, 2.0, 3.5, 5.5, 8.0, 12.0, 18.0};
  constexpr double narrow_deviations = 5.0;
  double variance = 0.0;
  const Eigen::Index n = g.size();
  for (auto i = Eigen::Index(first); i < n; ++i) {
    const double p = density[i];
    mean_ += 0.5 * p * g[i];
    variance += (p / 3.0 - p * p / 4.0) * g[i] * g[i];
    range_.least += std::min(g[i], 0.0);
    range_.greatest += std::max(g[i], 0.0);
  }
  deviation_ = std::sqrt(variance);
  narrow_ = !(range_.greatest - mean_ > narrow_deviations * deviation_ ||
              mean_ - range_.least > narrow_deviations * deviation_) ||
            n - Eigen::Index(first) < 3;
  if (narrow_) return;
  for (std::size_t k = 0; k < rates; ++k) {
    const double theta = grid[k] / deviation_;
    above_[k].theta = below_[k].theta = theta;
    for (auto i = Eigen::Index(first); i < n; ++i) {
      above_[k].log_mean += log_mean_exponential(density[i], theta * g[i]);
      below_[k].log_mean += log_mean_exponential(density[i], -theta * g[i]);
    }
  }
}

Support FeatureSum::reach(const PowerPoints& points, double effect) const {
  Support reach = range_;
  if (narrow_) return reach;
  for (std::size_t k = 0; k < rates; ++k) {
    const double coefficient = bound_coefficient(points, above_[k].theta);
    const double needed = std::log(std::max(coefficient / effect, std::numeric_limits<double>::min()));
    const double above = (above_[k].log_mean + needed) / above_[k].theta;
    const double below = -(below_[k].log_mean + needed) / below_[k].theta;
    if (above < reach.greatest) reach.greatest = std::max(above, mean_);
    if (below > reach.least) reach.least = std::min(below, mean_);
  }
  return reach;
}

}  // namespace digon
