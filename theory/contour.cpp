// The exact expectation of an output's error over its inputs, by number of active features.
//
// Let f(τ) = E[q(b + y + τ)], y = Σ g_i x_i, with q either error of output_error.hpp (less its constant limit
// 1/3 far below). Its two-sided Laplace transform is q̂(s) e^{sb} E[e^{sy}], where
//   inactive: q̂(s) = 2/s³          active: q̂(s) = 2 φ(sa)/s³ − 2 ψ(sa)/s²
//   φ(u) = (eᵘ − 1)/u,  ψ = φ',    E[e^{sy} | k active] = ē_k(φ(s g_1), φ(s g_2), …).
// The trapezoid rule on Re s = c with step h = 2π/P and nodes shifted by h/2 gives, by Poisson's formula, not
// f(0) but Σ_k (−1)^k e^{−ckP} f(kP). With P at least |z| everywhere, f(−kP) = 0 and f(kP) is a quadratic in
// the moments of y, so the aliases are subtracted exactly (the idea of abate1992, carried to exactness), and
// c may be small enough that nothing cancels. What is left is truncation, which falls like |s|^−(2+r) after r
// features: patterns with at most two active others are therefore integrated in closed form and the contour
// carries the rest.
#include "theory/contour.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "theory/active_counts.hpp"
#include "theory/contour_line.hpp"

namespace digon {
namespace {

/// Sums over the nodes of one count class: the integrals of both errors and of their moduli.
struct ClassSum {
  OutputError integral;
  OutputError modulus;
};

/// Σ_{k≥1} (−1)^k e^{−ckP} f(kP): what the trapezoid rule sees besides f(0).
OutputError aliases(const Moments& moments, const OutputUnit& unit, const ContourLine& line) {
  OutputError sum;
  double factor = -std::exp(-decay_per_period);
  const double ratio = factor;
  for (int k = 1; std::abs(factor) * k * k > 1e-20; ++k, factor *= ratio) {
    const OutputError value = always_on_error(moments, unit.bias + k * line.period, unit.own);
    sum.inactive += factor * value.inactive;
    sum.active += factor * (value.active - moments.m[0] / 3.0);
  }
  return sum;
}

template <typename T, typename Factor>
MeanCounts<T> count_all(const OutputUnit& unit, Factor factor) {
  MeanCounts<T> counts;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) counts.add(std::size_t(i), factor(unit.others[i]));
  return counts;
}

/// The contour integral for one output, for each number of active others above `closed_form_active`.
class ContourIntegral {
 public:
  ContourIntegral(const OutputUnit& unit, double span, const ContourOptions& options)
      : unit_(unit),
        options_(options),
        line_(span),
        bias_(line_, unit.bias),
        own_(line_, unit.own),
        sums_(MeanCounts<double>::classes(std::size_t(unit.others.size()))) {
    others_.reserve(std::size_t(unit.others.size()));
    for (const double g : unit.others) others_.emplace_back(line_, g);
  }

  /// Carries the sum until the bound on what is left out is within tolerance or the nodes are spent.
  std::vector<ExpectedError> integrate() {
    std::size_t next_check = 1;
    do {
      add_block();
      if (blocks_ >= next_check) {
        bound_tail();
        next_check = blocks_ + 1 + blocks_ / 8;
      }
    } while (!within_tolerance() && nodes() < options_.max_nodes);
    bound_tail();
    return collect();
  }

  [[nodiscard]] std::size_t nodes() const { return blocks_ * lane_count; }

 private:
  void add_block() {
    const NodeBlock block(line_, blocks_);
    MeanCounts<ComplexLanes> counts;
    for (std::size_t i = 0; i < others_.size(); ++i) {
      counts.add(i, others_[i].next(block)[0]);
    }
    bias_.next(block);
    const auto& [phi, psi] = own_.next(block);
    const ComplexLanes inactive_kernel =
        2.0 * (bias_.exponential() * block.inverse_s * block.inverse_s * block.inverse_s);
    const ComplexLanes active_kernel = inactive_kernel * (phi - block.s * psi);
    for (std::size_t index = 0; index < sums_.size(); ++index) {
      const ComplexLanes& transform = counts.remainder(index);
      add(inactive_kernel * transform, sums_[index].integral.inactive, sums_[index].modulus.inactive);
      add(active_kernel * transform, sums_[index].integral.active, sums_[index].modulus.active);
    }
    ++blocks_;
  }

  /// The nodes below the real axis are the conjugates: (h/2π) Σ over all l is (h/π) Σ_{l≥0} Re.
  void add(const ComplexLanes& term, double& integral, double& modulus) const {
    for (std::size_t k = 0; k < lane_count; ++k) {
      integral += line_.h / std::numbers::pi * term.re[k];
      modulus += line_.h / std::numbers::pi * (std::abs(term.re[k]) + std::abs(term.im[k]));
    }
  }

  /// |terms| beyond the last node fall at least like |s|⁻², so their sum is at most bound · ω / π.
  void bound_tail() {
    const double omega = static_cast<double>(nodes()) * line_.h;
    const double s = std::hypot(omega, line_.c);
    const auto counts =
        count_all<double>(unit_, [&](double g) { return exponential_moment_bound(line_, g, 0, s); });
    double largest = 0.0;
    for (std::size_t index = 0; index < sums_.size(); ++index) {
      largest = std::max(largest, counts.remainder(index));
    }
    const double kernel = 2.0 * std::exp(line_.c * unit_.bias) / (s * s * s);
    const double own = exponential_moment_bound(line_, unit_.own, 0, s) +
                       s * exponential_moment_bound(line_, unit_.own, 1, s);
    tail_ = {largest * kernel * omega / std::numbers::pi, largest * kernel * own * omega / std::numbers::pi};
  }

  [[nodiscard]] bool within_tolerance() const {
    return tail_.inactive <= options_.tolerance && tail_.active <= options_.tolerance;
  }

  [[nodiscard]] std::vector<ExpectedError> collect() const {
    const auto moments = count_all<Moments>(unit_, moments_of_active);
    std::vector<ExpectedError> results;
    for (std::size_t index = 0; index < sums_.size(); ++index) {
      const Moments& class_moments = moments.remainder(index);
      const OutputError alias = aliases(class_moments, unit_, line_);
      const ClassSum& sum = sums_[index];
      const OutputError value{sum.integral.inactive - alias.inactive,
                              sum.integral.active - alias.active + class_moments.m[0] / 3.0};
      const OutputError uncertainty{
          tail_.inactive + rounding * (sum.modulus.inactive + std::abs(alias.inactive)),
          tail_.active + rounding * (sum.modulus.active + std::abs(alias.active))};
      results.push_back({value, uncertainty});
    }
    return results;
  }

  const OutputUnit& unit_;
  const ContourOptions& options_;
  ContourLine line_;
  ExponentialOnLine<0> bias_;
  ExponentialOnLine<2> own_;
  std::vector<ExponentialOnLine<1>> others_;
  std::vector<ClassSum> sums_;
  std::size_t blocks_ = 0;
  OutputError tail_{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
};

/// The expected errors of the classes with more than `closed_form_active` others active.
std::vector<ExpectedError> remainder_errors(const OutputUnit& unit, const ContourOptions& options,
                                            std::size_t& nodes) {
  if (std::size_t(unit.others.size()) <= closed_form_active) return {};
  const Support support = support_of(unit);
  if (support.least < 0.0 && support.greatest > 0.0) {
    const double span = std::max(support.greatest, -support.least) * (1.0 + 4.0 * rounding);
    ContourIntegral integral(unit, span, options);
    std::vector<ExpectedError> results = integral.integrate();
    nodes = integral.nodes();
    return results;
  }
  // Always on: a plain quadratic moment. Never on: the error is x².
  const auto moments = count_all<Moments>(unit, moments_of_active);
  std::vector<ExpectedError> results;
  for (std::size_t index = 0; index < MeanCounts<double>::classes(std::size_t(unit.others.size())); ++index) {
    const Moments& given = moments.remainder(index);
    const OutputError value = support.least >= 0.0 ? always_on_error(given, unit.bias, unit.own)
                                                   : OutputError{0.0, given.m[0] / 3.0};
    // The terms of the quadratic can cancel: it is their size that rounding goes by.
    const double size = given.m[2] + (1.0 + unit.bias * unit.bias) * given.m[0];
    results.push_back({value, {rounding * size, rounding * size}});
  }
  return results;
}

void accumulate(ExpectedError& sum, double weight, const OutputError& value) {
  sum.value.inactive += weight * value.inactive;
  sum.value.active += weight * value.active;
  sum.uncertainty.inactive += rounding * weight * value.inactive;
  sum.uncertainty.active += rounding * weight * value.active;
}

void accumulate(ExpectedError& sum, double weight, const ExpectedError& part) {
  accumulate(sum, weight, part.value);
  sum.uncertainty.inactive += weight * part.uncertainty.inactive;
  sum.uncertainty.active += weight * part.uncertainty.active;
}

/// E[output_error] given that j of the `heard` features are active, for every j.
std::vector<ExpectedError> errors_by_heard_count(const OutputUnit& heard, const ContourOptions& options,
                                                 std::size_t& nodes) {
  const Eigen::Index n = heard.others.size();
  std::vector<ExpectedError> errors(1);
  accumulate(errors[0], 1.0, output_error(heard.bias, heard.own));
  if (n >= 1) errors.emplace_back();
  if (n >= 2) errors.emplace_back();
  for (Eigen::Index i = 0; i < n; ++i) {
    accumulate(errors[1], 1.0 / double(n), output_error(heard.bias, heard.own, heard.others[i]));
    for (Eigen::Index l = 0; l < i; ++l) {
      accumulate(errors[2], 2.0 / (double(n) * double(n - 1)),
                 output_error(heard.bias, heard.own, heard.others[i], heard.others[l]));
    }
  }
  for (const ExpectedError& error : remainder_errors(heard, options, nodes)) errors.push_back(error);
  return errors;
}

/// The probability that j of `heard` features are active when k of `all` are, for j = 0 … heard
/// (hypergeometric).
std::vector<double> heard_given_all(std::size_t heard, std::size_t all, std::size_t k) {
  const auto log_choose = [](std::size_t n, std::size_t r) {
    return std::lgamma(double(n) + 1.0) - std::lgamma(double(r) + 1.0) - std::lgamma(double(n - r) + 1.0);
  };
  std::vector<double> probability(heard + 1, 0.0);
  double total = 0.0;
  for (std::size_t j = 0; j <= std::min(heard, k); ++j) {
    if (k - j > all - heard) continue;
    probability[j] = std::exp(log_choose(heard, j) + log_choose(all - heard, k - j) - log_choose(all, k));
    total += probability[j];
  }
  for (double& p : probability) p /= total;
  return probability;
}

}  // namespace

UnitErrorByCount expected_error_by_count(const OutputUnit& unit, const ContourOptions& options) {
  OutputUnit possible = unit;
  possible.density.setOnes();  // patterns are weighed equally here: every feature can be active
  const OutputUnit heard = without_silent(possible, silent_others(possible));
  UnitErrorByCount result;
  const std::vector<ExpectedError> by_heard = errors_by_heard_count(heard, options, result.nodes);
  const std::size_t all = std::size_t(unit.others.size());
  for (std::size_t k = 0; k <= all; ++k) {
    ExpectedError& expected = result.expected.emplace_back();
    const std::vector<double> probability = heard_given_all(by_heard.size() - 1, all, k);
    for (std::size_t j = 0; j < by_heard.size(); ++j) accumulate(expected, probability[j], by_heard[j]);
  }
  return result;
}

}  // namespace digon
