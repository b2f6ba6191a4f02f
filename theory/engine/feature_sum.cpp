#include "theory/engine/feature_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace digon {
namespace {

/// log E[e^{θy}], y = Σ g_i x_i; for a bound, to a relative 1e-5.
double log_mean_exponential(Law law, const Eigen::ArrayXd& g, const Eigen::ArrayXd& density, double theta) {
  const Eigen::ArrayXd factors = 1.0 + density * transform_growth(law, theta * g);
  double log_sum = 0.0;
  double product = 1.0;  // a logarithm now and then is enough: a factor is at most e⁷⁰⁰
  for (const double factor : factors) {
    product *= factor;
    if (product > 1e4 || product < 1e-4) {
      log_sum += std::log(product);
      product = 1.0;
    }
  }
  return log_sum + std::log(product);
}

/// max_z z^r e^{−θz}.
double power_bound(int r, double theta) {
  return whole_power(r / (std::numbers::e * theta), r);
}

/// Σ |weight| over the points, by power r.
std::vector<double> weight_by_power(const PowerPoints& points) {
  std::vector<double> total(std::size_t(points.highest()) + 1, 0.0);
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
double bound_coefficient(const std::vector<double>& weights, double theta) {
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
  constexpr std::array<double, rates> grid{1.5, 3.5, 6.0, 9.0, 15.0};
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
  const Eigen::ArrayXd couplings = g.tail(n - Eigen::Index(first));
  const Eigen::ArrayXd densities = density.tail(n - Eigen::Index(first));
  for (std::size_t k = 0; k < rates; ++k) {
    const double theta = grid[k] / deviation;
    above_[k] = {theta, log_mean_exponential(law, couplings, densities, theta)};
    below_[k] = {theta, log_mean_exponential(law, couplings, densities, -theta)};
  }
}

Support FeatureSum::reach(const PowerPoints& points, double effect) const {
  Support reach = range_;
  if (narrow_) return reach;
  const std::vector<double> weights = weight_by_power(points);
  for (std::size_t k = 0; k < rates; ++k) {
    const double coefficient = bound_coefficient(weights, above_[k].theta);
    const double needed = std::log(std::max(coefficient / effect, std::numeric_limits<double>::min()));
    const double above = (above_[k].log_mean + needed) / above_[k].theta;
    const double below = -(below_[k].log_mean + needed) / below_[k].theta;
    if (above < reach.greatest) reach.greatest = std::max(above, mean_);
    if (below > reach.least) reach.least = std::min(below, mean_);
  }
  return reach;
}

}  // namespace digon
