#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <complex>
#include <concepts>

#include "core/model/feature_distribution.hpp"
#include "theory/law/parts.hpp"
#include "theory/law/power_series.hpp"
#include "theory/law/uniform.hpp"

namespace digon {

// What ONE active feature does: everything in theory/ that depends on the law of its value x.
//
// A law is a small struct and functions on it, each law in its file. The engine holds a law by value
// (OutputUnit::law) and calls these, resolved when compiled. E is over x while active, μ_r = E[x^r]; t, a and
// g stand for an output's offset, its own coupling G_jj and one of its couplings G_ji.
template <typename L>
concept ActiveLaw = std::semiregular<L> &&
    requires(const L law, double z, int r, FewNumbers u, std::complex<double> s, SquaresOfRelu sum) {
  // (factor, r, divisor): factor μ_r/divisor, divided once: p/3, not p·(1/3). To a relative 3e-16 on [0, 1],
  // r + 1 roundings else.
  { scaled_moment(law, z, r, z) } -> std::same_as<double>;
  // (g): the range of g x where x may be 0 too.
  { support(law, z) } -> std::same_as<Support>;

  // (u): E[e^{ux}] − 1 of real u, |u| ≤ 700, to a relative 1e-5: for bounds.
  { transform_growth(law, u) } -> std::same_as<FewNumbers>;
  // (ω, edge): about |E[e^{iωx}]|, min(1, edge/ω) where the density of x has edges: for estimates.
  { transform_size(law, z, z) } -> std::same_as<double>;
  // The transform and its derivatives on a contour, M_r(u) = E[x^r e^{ux}] for r < R. Of the law moved to
  // [0, 1]: (e^u, u, radius) where |u| ≤ radius, (e^u, 1/u) far from 0, to a relative 1e-14. From these of
  // u·width: (e^{u·least}, moments).
  { exponential_moments_near<3>(law, s, s, z) } -> std::same_as<std::array<std::complex<double>, 3>>;
  { exponential_moments_far<3>(law, s, s) } -> std::same_as<std::array<std::complex<double>, 3>>;
  {
    exponential_moments<3>(law, s, std::array{s, s, s})
    } -> std::same_as<std::array<std::complex<double>, 3>>;
  { exponential_radii(law) } -> std::same_as<ExponentialRadii>;

  // Integrals over x, for finite arguments whose squares are finite.
  // (t, g): E[(t + g x)²], to 1e-15 (|t| + |g|)².
  { mean_square_of_line(law, z, z) } -> std::same_as<double>;
  // (t, g): E[max(t + g x, 0)²], to 1e-15 (|t| + |g|)².
  { mean_square_of_relu(law, z, z) } -> std::same_as<double>;
  // (t, g, own, weight, sum): the sum of that over all g but entry `own`, with derivatives, in vectors.
  sum_squares_of_relu(law, z, u, u.size(), z, sum);
  // (t, a): E[(x − max(t + a x, 0))²], to 2e-15 (1 + |t| + |a|)², and its derivatives to twice that.
  { active_error(law, z, z) } -> std::same_as<double>;
  { active_error_slope(law, z, z) } -> std::same_as<ActiveErrorSlope>;
  // (t, a, e, r): E[x^e max(t + a x, 0)^r] for e + r ≤ 49, to 2e-14 (|t| + |a|)^r.
  { own_power(law, z, z, r, r) } -> std::same_as<double>;

  // The rule that integrates one feature out, with v = vertices and d = raise_divisor(r), of laws of a width:
  //   E[max(t + g x, 0)^r] = (max(t + g v.far, 0)^{r+1} − max(t + g v.near, 0)^{r+1}) / (d g).
  { vertices(law) } -> std::same_as<Vertices>;
  { raise_divisor(law, r) } -> std::same_as<double>;

  // And mean_between_knots(law, rule, knots, t, g, f): E[f(x)] for f polynomial in x wherever t + g x meets
  // none of the knots. The range of x is cut where it does and each piece integrated exactly by the rule, of
  // positive weights, so that nothing cancels.
};
static_assert(ActiveLaw<Uniform>);

/// The law that the engine is built on.
using Law = Uniform;

inline Law law_of(const ActiveValue& values) {
  return {values.least, values.greatest};
}
/// The unit of values in which none is further from 0 than 1, as the engine asks for: x/u of a model with b/u
/// has its loss over u².
inline double unit_of(const ActiveValue& values) {
  return std::max(values.greatest, -values.least);
}
inline ActiveValue in_units(const ActiveValue& values, double unit) {
  return {values.least / unit, values.greatest / unit};
}

inline Law law_of(const FeatureDistribution& features) {
  return law_of(features.values);
}

/// E x of a feature of density p, p μ₁.
template <ActiveLaw L>
double feature_mean(L law, double p) {
  return scaled_moment(law, p, 1);
}

/// Var x of a feature of density p, v = p μ₂ − p² μ₁², to a relative 1e-15.
template <ActiveLaw L>
double feature_variance(L law, double p) {
  return scaled_moment(law, p, 2) - scaled_moment(law, scaled_moment(law, p * p, 1), 1);
}

/// The bias that costs least where a feature of density p is absent: the mean where a ReLU can answer it.
template <ActiveLaw L>
double absent_bias(L law, double p) {
  return std::max(feature_mean(law, p), 0.0);
}

/// The same of many features.
template <ActiveLaw L>
Eigen::ArrayXd feature_means(L law, const Eigen::VectorXd& density) {
  return density.array().unaryExpr([&](double p) { return feature_mean(law, p); });
}
template <ActiveLaw L>
Eigen::ArrayXd feature_variances(L law, const Eigen::VectorXd& density) {
  return density.array().unaryExpr([&](double p) { return feature_variance(law, p); });
}

/// The coefficient of s^d in f E[e^{sx}], f μ_d/d!.
template <ActiveLaw L>
double transform_coefficient(L law, double f, int d) {
  return scaled_moment(law, f, d, factorial(d));
}

/// The cumulants, over d!, of a feature that is active with probability p:
///   log(1 − p + p E[e^{sx}]) = Σ_d k_d s^d,   |s| < 4.5 on [0, 1], < π elsewhere.
/// Uniform, p = 0.3: k₁ = 0.15 its mean, k₂ = 0.0775/2 half its variance. To 1e-15 p at |s| ≤ 1, of 40 terms.
template <ActiveLaw L>
PowerSeries mixture_cumulants(L law, double p) {
  PowerSeries f{};
  for (int d = 1; d <= highest_power; ++d) f[std::size_t(d)] = transform_coefficient(law, p, d);
  return logarithm(f);
}

/// So many cumulants stand for small features on a contour.
inline constexpr int cumulants_on_contour = 20;

/// The cumulants, and the |s| that the later of them are over: |k_d| ≤ radius^{−d}, d > cumulants_on_contour.
/// Where features are sparse that is far out: uniform, 5.2 at p = 0.5, 8.2 at 0.01, 10.7 at 0.001.
struct Cumulants {
  PowerSeries k;
  double radius;
};
template <ActiveLaw L>
Cumulants cumulants_and_radius(L law, double p) {
  const PowerSeries k = mixture_cumulants(law, p);
  return {k, radius_beyond(k, cumulants_on_contour)};
}

}  // namespace digon
