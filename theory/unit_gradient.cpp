#include "theory/unit_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "theory/active_counts.hpp"
#include "theory/contour_line.hpp"
#include "theory/pattern_probability.hpp"

namespace digon {
namespace {

/// Prefix and suffix products over the other features of a unit: `before(i)` are features 0 … i − 1,
/// `after(i)` are i … n − 1, each as counts of active features.
template <typename T>
class PartialCounts {
 public:
  template <typename Factor>
  PartialCounts(const Eigen::VectorXd& density, Factor factor) {
    assign(density, factor);
  }
  PartialCounts() = default;

  template <typename Factor>
  void assign(const Eigen::VectorXd& density, Factor factor) {
    const auto n = std::size_t(density.size());
    before_.resize(n + 1);
    after_.resize(n + 1);
    before_[0] = {};
    after_[n] = {};
    for (std::size_t i = 0; i < n; ++i) {
      before_[i + 1] = before_[i];
      before_[i + 1].add(i, density[Eigen::Index(i)], factor(i));
    }
    for (std::size_t i = n; i-- > 0;) {
      after_[i] = after_[i + 1];
      after_[i].add(i, density[Eigen::Index(i)], factor(i));
    }
  }

  /// Three or more of all features active.
  [[nodiscard]] const T& three_or_more() const { return after_[0].remainder(0); }
  /// Two or more of the features but i active.
  [[nodiscard]] T two_or_more_without(std::size_t i) const {
    return LumpedCounts<T>::two_or_more(before_[i], after_[i + 1]);
  }

 private:
  std::vector<LumpedCounts<T>> before_;
  std::vector<LumpedCounts<T>> after_;
};

/// The always-on error w₀ Y² + w₁ (Y² + (a − 1)Y + (1 − a)²/3) at Y = shift + y with its derivatives, given
/// the moments of y; `below` is the limit of the error far below, which is taken off.
ErrorSlope always_on_slope(const ErrorWeights& weights, const Moments& moments, double shift, double a,
                           double below) {
  const auto& m = moments.m;
  const double m1 = m[1] + shift * m[0];
  const OutputError error = always_on_error(moments, shift, a);
  ErrorSlope slope;
  slope.value = weights.inactive * error.inactive + weights.active * (error.active - below * m[0]);
  slope.by_t = 2.0 * (weights.inactive + weights.active) * m1 + weights.active * (a - 1.0) * m[0];
  slope.by_a = weights.active * (m1 - 2.0 * (1.0 - a) / 3.0 * m[0]);
  return slope;
}

/// The moments of x_i times the powers of g x_i, which give ∂/∂g_i = E[x_i q'].
Moments moments_times_x(double g) {
  return {{0.5, g / 3.0, g * g / 4.0}};
}

/// Adds `factor` times the always-on error, and its derivatives, of the patterns with three or more others
/// active.
class AlwaysOnPart {
 public:
  AlwaysOnPart(const OutputUnit& unit, const ErrorWeights& weights)
      : unit_(unit), weights_(weights), partial_(unit.density, [&](std::size_t i) {
          return moments_of_active(unit.others[Eigen::Index(i)]);
        }) {}

  void add(UnitGradient& sum, double factor, double shift, double below) const {
    const double a = unit_.own;
    const ErrorSlope slope = always_on_slope(weights_, partial_.three_or_more(), shift, a, below);
    sum.value += factor * slope.value;
    sum.by_bias += factor * slope.by_t;
    sum.by_own += factor * slope.by_a;
    for (Eigen::Index i = 0; i < unit_.others.size(); ++i) {
      const Moments with_x = moments_times_x(unit_.others[i]) * partial_.two_or_more_without(std::size_t(i));
      sum.by_others[i] += factor * unit_.density[i] * always_on_slope(weights_, with_x, shift, a, below).by_t;
    }
  }

 private:
  const OutputUnit& unit_;
  const ErrorWeights& weights_;
  PartialCounts<Moments> partial_;
};

double sum_of_lanes(const Lanes& lanes) {
  double sum = 0.0;
  for (std::size_t k = 0; k < lane_count; ++k) sum += lanes[k];
  return sum;
}

/// The real part of a product, lane by lane.
Lanes real_of_product(const ComplexLanes& a, const ComplexLanes& b) {
  return a.re * b.re - a.im * b.im;
}

/// The contour integral of one output's weighted error and its derivatives, over the patterns with three or
/// more others active.
class ContourGradient {
 public:
  ContourGradient(const OutputUnit& unit, const ErrorWeights& weights, double span)
      : unit_(unit), weights_(weights), line_(span), bias_(line_, unit.bias), own_(line_, unit.own) {
    for (const double g : unit.others) others_.emplace_back(line_, g);
    by_others_.assign(others_.size(), Lanes{});
  }

  void add_block() {
    const NodeBlock block(line_, blocks_++);
    for (auto& other : others_) other.next(block);
    partial_.assign(unit_.density, [&](std::size_t i) { return others_[i].moments()[0]; });
    bias_.next(block);
    const auto& [phi, psi, chi] = own_.next(block);

    const ComplexLanes& s = block.s;
    const ComplexLanes common =
        2.0 * (bias_.exponential() * block.inverse_s * block.inverse_s * block.inverse_s);
    const ComplexLanes kernel = common * (weights_.inactive + weights_.active * (phi - s * psi));
    // ∂/∂a of 2 φ(sa)/s³ − 2 ψ(sa)/s²
    const ComplexLanes by_own_kernel = (weights_.active * common) * (s * (psi - s * chi));
    const ComplexLanes by_t_kernel = s * kernel;
    const ComplexLanes all = partial_.three_or_more();
    const Lanes value = real_of_product(kernel, all);
    value_ += value;
    modulus_ += value < 0.0 ? -value : value;
    by_bias_ += real_of_product(by_t_kernel, all);
    by_own_ += real_of_product(by_own_kernel, all);
    for (std::size_t i = 0; i < others_.size(); ++i) {
      by_others_[i] +=
          real_of_product(by_t_kernel * others_[i].moments()[1], partial_.two_or_more_without(i));
    }
  }

  [[nodiscard]] std::size_t nodes() const { return blocks_ * lane_count; }

  /// |terms| beyond the last node fall at least like |s|⁻², so their sum is at most bound · ω / π.
  [[nodiscard]] double tail_bound() const {
    const double omega = static_cast<double>(nodes()) * line_.h;
    const double s = std::hypot(omega, line_.c);
    LumpedCounts<double> counts;
    for (Eigen::Index i = 0; i < unit_.others.size(); ++i) {
      counts.add(std::size_t(i), unit_.density[i], exponential_moment_bound(line_, unit_.others[i], 0, s));
    }
    const double own = exponential_moment_bound(line_, unit_.own, 0, s) +
                       s * exponential_moment_bound(line_, unit_.own, 1, s);
    const double kernel = 2.0 * std::exp(line_.c * unit_.bias) / (s * s * s);
    return counts.remainder(0) * kernel * (weights_.inactive + weights_.active * own) * omega /
           std::numbers::pi;
  }

  void collect(UnitGradient& sum) const {
    const double scale = line_.h / std::numbers::pi;
    sum.value += scale * sum_of_lanes(value_);
    sum.by_bias += scale * sum_of_lanes(by_bias_);
    sum.by_own += scale * sum_of_lanes(by_own_);
    for (std::size_t i = 0; i < others_.size(); ++i) {
      sum.by_others[Eigen::Index(i)] += scale * unit_.density[Eigen::Index(i)] * sum_of_lanes(by_others_[i]);
    }
    sum.uncertainty += tail_bound() + rounding * scale * sum_of_lanes(modulus_);
    sum.nodes = nodes();
  }

  [[nodiscard]] const ContourLine& line() const { return line_; }

 private:
  const OutputUnit& unit_;
  const ErrorWeights& weights_;
  ContourLine line_;
  ExponentialOnLine<0> bias_;
  ExponentialOnLine<3> own_;
  std::vector<ExponentialOnLine<2>> others_;
  PartialCounts<ComplexLanes> partial_;
  Lanes value_{};
  Lanes modulus_{};
  Lanes by_bias_{};
  Lanes by_own_{};
  std::vector<Lanes> by_others_;
  std::size_t blocks_ = 0;
};

/// Adds the patterns with three or more others active.
void add_contour(UnitGradient& sum, const OutputUnit& unit, const ErrorWeights& weights, double span,
                 const ContourOptions& options) {
  ContourGradient integral(unit, weights, span);
  std::size_t next_check = 1;
  for (bool done = false; !done;) {
    integral.add_block();
    if (integral.nodes() < next_check * lane_count) continue;
    done = integral.tail_bound() <= options.tolerance || integral.nodes() >= options.max_nodes;
    next_check += 1 + next_check / 8;
  }
  integral.collect(sum);

  const AlwaysOnPart always_on(unit, weights);
  const double ratio = -std::exp(-decay_per_period);
  double factor = ratio;
  for (int k = 1; std::abs(factor) * k * k > 1e-20; ++k, factor *= ratio) {
    always_on.add(sum, -factor, unit.bias + k * integral.line().period, 1.0 / 3.0);
  }
}

/// Adds the patterns with at most two others active, in closed form.
void add_closed_form(UnitGradient& sum, const OutputUnit& unit, const ErrorWeights& weights) {
  const PatternProbability probability(unit.density);
  const auto add = [&](double weight, const ErrorSlope& slope) {
    sum.value += weight * slope.value;
    sum.by_bias += weight * slope.by_t;
    sum.by_own += weight * slope.by_a;
  };
  add(probability.exactly({}), error_slope(weights, unit.bias, unit.own));
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    const double one = probability.exactly({i});
    if (one > 0.0) {
      const ErrorSlope slope = error_slope(weights, unit.bias, unit.own, unit.others[i]);
      add(one, slope);
      sum.by_others[i] += one * slope.by_g1;
    }
    for (Eigen::Index l = 0; l < i; ++l) {
      const double two = probability.exactly({i, l});
      if (two == 0.0) continue;
      const ErrorSlope slope = error_slope(weights, unit.bias, unit.own, unit.others[i], unit.others[l]);
      add(two, slope);
      sum.by_others[i] += two * slope.by_g1;
      sum.by_others[l] += two * slope.by_g2;
    }
  }
  sum.uncertainty += rounding * std::abs(sum.value);
}

UnitGradient heard_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                            const ContourOptions& options) {
  UnitGradient sum;
  sum.by_others = Eigen::VectorXd::Zero(unit.others.size());
  add_closed_form(sum, unit, weights);
  if (std::size_t(unit.others.size()) <= closed_form_active) return sum;

  const Support support = support_of(unit);
  if (support.least < 0.0 && support.greatest > 0.0) {
    add_contour(sum, unit, weights, std::max(support.greatest, -support.least) * (1.0 + rounding), options);
  } else if (support.least >= 0.0) {
    const double before = sum.value;
    AlwaysOnPart(unit, weights).add(sum, 1.0, unit.bias, 0.0);
    const double size = support.greatest * support.greatest + 1.0;
    sum.uncertainty += rounding * std::max(size, sum.value - before);
    return sum;
  }
  // What was taken off below: the active error of an output that is off. It has no derivative.
  if (support.least < 0.0) {
    LumpedCounts<double> counts;
    for (Eigen::Index i = 0; i < unit.others.size(); ++i) counts.add(std::size_t(i), unit.density[i], 1.0);
    sum.value += weights.active * counts.remainder(0) / 3.0;
  }
  return sum;
}

/// Derivatives by couplings that are 0, E[x_i q'] = E[x_i] E[q'], put beside those of the features that are
/// heard.
Eigen::VectorXd with_silent(const OutputUnit& unit, const UnitGradient& heard) {
  Eigen::VectorXd by_others(unit.others.size());
  Eigen::Index next = 0;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    const bool silent = unit.others[i] == 0.0 || unit.density[i] == 0.0;
    by_others[i] = silent ? 0.5 * unit.density[i] * heard.by_bias : heard.by_others[next++];
  }
  return by_others;
}

}  // namespace

UnitGradient unit_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                           const ContourOptions& options) {
  UnitGradient gradient = heard_gradient(without_silent(unit), weights, options);
  gradient.by_others = with_silent(unit, gradient);
  return gradient;
}

UnitGradient linear_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights) {
  const Eigen::ArrayXd p = unit.density.array();
  const Eigen::ArrayXd g = unit.others.array();
  const double mean = 0.5 * (p * g).sum();
  const Eigen::ArrayXd variance = p / 3.0 - p.square() / 4.0;
  const ErrorSlope slope = always_on_slope(
      weights, {{1.0, mean, (variance * g.square()).sum() + mean * mean}}, unit.bias, unit.own, 0.0);
  // ∂/∂g_i moves the mean of Y by p_i/2 and its variance by 2 v_i g_i.
  const Eigen::VectorXd by_others =
      0.5 * p * slope.by_t + 2.0 * (weights.inactive + weights.active) * variance * g;
  return {slope.value, rounding * std::abs(slope.value), slope.by_t, slope.by_a, by_others, 0};
}

}  // namespace digon
