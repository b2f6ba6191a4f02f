#include "theory/engine/unit_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "theory/engine/constant_sum.hpp"
#include "theory/engine/lattice_sum.hpp"
#include "theory/engine/relu_power_mean.hpp"

namespace digon {
namespace {

/// F = w₀ V_{−1,2}(b) + w₁ (μ₂ + V_{0,2}(b) − 2 V_{1,1}(b))
UnitGradient heard_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                            const ContourOptions& options) {
  PowerPoints point(true, 1, 2, 1);
  point.t(0) = unit.bias;
  point.weight(0, -1, 2) = weights.inactive;
  point.weight(0, 0, 2) = weights.active;
  point.weight(0, 1, 1) = -2.0 * weights.active;
  const PowerSumParts sum = relu_power_mean(unit, point, options);
  const auto V = [&](int e, int r) { return point.value(0, e, r); };
  UnitGradient gradient;
  gradient.expected = {V(-1, 2), scaled_moment(unit.law, 1.0, 2) + V(0, 2) - 2.0 * V(1, 1)};
  gradient.by_bias = 2.0 * (weights.inactive * V(-1, 1) + weights.active * (V(0, 1) - V(1, 0)));
  gradient.by_own = sum.by_a;
  gradient.by_others = sum.by_g;
  gradient.uncertainty = sum.uncertainty + scaled_moment(unit.law, rounding * weights.active, 2);
  gradient.nodes = sum.nodes;
  return gradient;
}

/// Derivatives by couplings that are not heard, E[x_i q'] = E[x_i] E[q'], put beside those of the features
/// that are.
Eigen::VectorXd with_silent(const OutputUnit& unit, const std::vector<bool>& silent,
                            const UnitGradient& heard) {
  Eigen::VectorXd by_others(unit.others.size());
  Eigen::Index next = 0;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    by_others[i] = silent[std::size_t(i)] ? feature_mean(unit.law, unit.density[i]) * heard.by_bias
                                          : heard.by_others[next++];
  }
  return by_others;
}

/// What the couplings that were left out could change: Σ p_i |g_i| E|q'|, |q'| ≤ 2 (|z| + 1).
double silent_effect(const OutputUnit& unit, const std::vector<bool>& silent) {
  const Support support = support_of(unit);
  const double steepest = 2.0 * (std::max(support.greatest, -support.least) + 1.0);
  double effect = 0.0;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    if (silent[std::size_t(i)]) effect += unit.density[i] * std::abs(unit.others[i]) * steepest;
  }
  return effect;
}

}  // namespace

UnitGradient unit_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                           const ContourOptions& options) {
  return with_silent_others(unit, [&](const OutputUnit& heard) {
    if (!unit.law.is_constant()) return heard_gradient(heard, weights, options);
    return heard.others.size() <= most_in_the_middle ? constant_unit_gradient(heard, weights)
                                                     : lattice_unit_gradient(heard, weights, options);
  });
}

UnitGradient with_silent_others(const OutputUnit& unit,
                                const std::function<UnitGradient(const OutputUnit&)>& heard) {
  const std::vector<bool> silent = silent_others(unit);
  UnitGradient gradient = heard(without_silent(unit, silent));
  gradient.uncertainty += silent_effect(unit, silent);
  gradient.by_others = with_silent(unit, silent, gradient);
  return gradient;
}

UnitGradient linear_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights) {
  const Law law = unit.law;
  const Eigen::ArrayXd means = feature_means(law, unit.density);
  const Eigen::ArrayXd variances = feature_variances(law, unit.density);
  const Eigen::ArrayXd g = unit.others.array();
  const double a = unit.own;
  const double both = weights.inactive + weights.active;
  const double mean = unit.bias + (means * g).sum();  // of Y = b + y
  const double second = (variances * g.square()).sum() + mean * mean;
  // F = (w₀ + w₁) E[Y²] + w₁ (2μ₁ (a − 1) E[Y] + μ₂ (1 − a)²); ∂/∂g_i moves the mean by p_i μ₁, the variance
  // by 2 v_i g_i.
  const double by_mean = scaled_moment(law, 2.0 * (a - 1.0), 1);
  UnitGradient gradient;
  gradient.expected = {second, second + by_mean * mean + scaled_moment(law, (1.0 - a) * (1.0 - a), 2)};
  gradient.uncertainty = rounding * (both * second + weights.active);
  gradient.by_bias = 2.0 * both * mean + weights.active * by_mean;
  gradient.by_own =
      weights.active * (scaled_moment(law, 2.0 * mean, 1) - scaled_moment(law, 2.0 * (1.0 - a), 2));
  gradient.by_others = means * gradient.by_bias + 2.0 * both * variances * g;
  return gradient;
}

}  // namespace digon
