#include "theory/unit_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "theory/relu_power_mean.hpp"

namespace digon {
namespace {

/// F = w₀ Ψ(b; 2) + w₁ (1/3 + Ψ(b; 2, x⁰) − 2 Ψ(b; 1, x¹))
UnitGradient heard_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                            const ContourOptions& options) {
  const double b = unit.bias;
  const PowerSum sum = relu_power_mean(
      unit, {{b, 2, -1, weights.inactive}, {b, 2, 0, weights.active}, {b, 1, 1, -2.0 * weights.active}},
      options);
  const auto& [interference, square, product] = std::tie(sum.answers[0], sum.answers[1], sum.answers[2]);
  UnitGradient gradient;
  gradient.expected = {interference.value, 1.0 / 3.0 + square.value - 2.0 * product.value};
  gradient.by_bias =
      weights.inactive * interference.by_t + weights.active * (square.by_t - 2.0 * product.by_t);
  gradient.by_own = sum.by_a;
  gradient.by_others = sum.by_g;
  gradient.uncertainty = sum.uncertainty + rounding * weights.active / 3.0;
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
    by_others[i] = silent[std::size_t(i)] ? 0.5 * unit.density[i] * heard.by_bias : heard.by_others[next++];
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
  const std::vector<bool> silent = silent_others(unit);
  const OutputUnit heard = without_silent(unit, silent);
  UnitGradient gradient = heard_gradient(heard, weights, options);
  gradient.uncertainty += silent_effect(unit, silent);
  gradient.by_others = with_silent(unit, silent, gradient);
  return gradient;
}

UnitGradient linear_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights) {
  const Eigen::ArrayXd p = unit.density.array();
  const Eigen::ArrayXd g = unit.others.array();
  const double a = unit.own;
  const double both = weights.inactive + weights.active;
  const double mean = unit.bias + 0.5 * (p * g).sum();  // of Y = b + y
  const Eigen::ArrayXd variance = p / 3.0 - p.square() / 4.0;
  const double second = (variance * g.square()).sum() + mean * mean;
  // F = (w₀ + w₁) E[Y²] + w₁ ((a − 1) E[Y] + (1 − a)²/3); ∂/∂g_i moves the mean by p_i/2, the variance by 2
  // v_i g_i.
  UnitGradient gradient;
  gradient.expected = {second, second + (a - 1.0) * mean + (1.0 - a) * (1.0 - a) / 3.0};
  gradient.uncertainty = rounding * (both * second + weights.active);
  gradient.by_bias = 2.0 * both * mean + weights.active * (a - 1.0);
  gradient.by_own = weights.active * (mean - 2.0 * (1.0 - a) / 3.0);
  gradient.by_others = 0.5 * p * gradient.by_bias + 2.0 * both * variance * g;
  return gradient;
}

}  // namespace digon
