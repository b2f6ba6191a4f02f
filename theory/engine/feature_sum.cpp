#include "theory/engine/feature_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace digon {
namespace {

/// log E[e^{θy}], y = Σ g_i x_i over the features from `first` on, of each θ; for a bound, to a relative
/// 1e-5.
template <typename Rates>
Rates log_mean_exponentials(Law law, const Eigen::VectorXd& g, const Eigen::VectorXd& density,
                            std::size_t first, const Rates& theta) {
  constexpr Eigen::Index together = most_numbers / Rates::SizeAtCompileTime;
  const Support one = support(law, 1.0);
  const double steepest = theta.abs().maxCoeff() * std::max(one.greatest, -one.least);
  constexpr double no_overflow = 600.0;
  Rates log_sum = Rates::Zero();
  Rates product = Rates::Ones();
  double exponent = 0.0;  // the product is within e^{±exponent}
  FewNumbers growths;
  for (auto i = Eigen::Index(first); i < g.size(); ++i) {
    const Eigen::Index here = (i - Eigen::Index(first)) % together;
    if (here == 0) {
      const Eigen::Index count = std::min(together, g.size() - i);
      growths = transform_growth(law, (theta.matrix() * g.segment(i, count).transpose()).reshaped());
    }
    const double steepness = steepest * std::abs(g[i]);
    exponent += steepness;
    if (exponent > no_overflow) {  // a logarithm now and then is enough
      log_sum += product.log();
      product.setOnes();
      exponent = steepness;
    }
    product *= 1.0 + density[i] * growths.segment<Rates::SizeAtCompileTime>(here * theta.size());
  }
  return log_sum + product.log();
}

/// max_z z^r e^{−θz}.
double power_bound(int r, double theta) {
  return whole_power(r / (std::numbers::e * theta), r);
}

/// Σ |weight| over the points, by power r.
ScratchVector<double> weight_by_power(const PowerPoints& points) {
  ScratchVector<double> total(std::size_t(points.highest()) + 1, 0.0);
  for (std::size_t k = 0; k < points.size(); ++k) {
    for (int e = -1; e <= points.last_e(); ++e) {
      for (int r = points.lowest(e); r <= points.highest(e); ++r) {
        total[std::size_t(r)] += std::abs(points.weight(k, e, r));
      }
    }
  }
  return total;
}

/// Σ |weight| of what E[e^{−θz}] is multiplied by to bound F and its derivative by t.
double bound_coefficient(const ScratchVector<double>& weights, double theta) {
  double sum = weights[0];
  for (int r = 1; r < int(weights.size()); ++r) {
    if (weights[std::size_t(r)] == 0.0) continue;
    sum += weights[std::size_t(r)] * std::max(power_bound(r, theta), r * power_bound(r - 1, theta));
  }
  return sum;
}

}  // namespace

FeatureSum::FeatureSum(Law law, const Eigen::VectorXd& g, const Eigen::VectorXd& density, std::size_t first) {
  // In units of the deviation: where Chernoff's bound at 1e-4 … 1e-30 is best, for sums that are nearly
  // normal and for sums with a long tail.
  const Rates grid{{1.5, 3.5, 6.0, 9.0, 15.0}};
  constexpr double narrow_deviations = 5.0;
  double variance = 0.0;
  const Eigen::Index n = g.size();
  for (auto i = Eigen::Index(first); i < n; ++i) {
    const double p = density[i];
    mean_ += feature_mean(law, p) * g[i];
    variance += feature_variance(law, p) * g[i] * g[i];
    const Support one = support(law, g[i]);
    range_.least += one.least;
    range_.greatest += one.greatest;
  }
  const double deviation = std::sqrt(variance);
  narrow_ = !(range_.greatest - mean_ > narrow_deviations * deviation ||
              mean_ - range_.least > narrow_deviations * deviation) ||
            n - Eigen::Index(first) < 3;
  if (narrow_) return;
  theta_ = grid / deviation;
  using AboveAndBelow = Eigen::Array<double, 2 * rates, 1>;
  const AboveAndBelow log_means =
      log_mean_exponentials(law, g, density, first, (AboveAndBelow() << theta_, -theta_).finished());
  log_mean_above_ = log_means.head<rates>();
  log_mean_below_ = log_means.tail<rates>();
}

Support FeatureSum::reach(const PowerPoints& points, double effect) const {
  Support reach = range_;
  if (narrow_) return reach;
  const ScratchVector<double> weights = weight_by_power(points);
  Rates needed;
  for (int k = 0; k < rates; ++k) needed[k] = bound_coefficient(weights, theta_[k]) / effect;
  needed = needed.max(std::numeric_limits<double>::min()).log();
  const double above = ((log_mean_above_ + needed) / theta_).minCoeff();
  const double below = (-(log_mean_below_ + needed) / theta_).maxCoeff();
  if (above < reach.greatest) reach.greatest = std::max(above, mean_);
  if (below > reach.least) reach.least = std::min(below, mean_);
  return reach;
}

}  // namespace digon
