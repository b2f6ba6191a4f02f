// The exact expectation of an output's error over its inputs, by number of active features.
//
// Let f(τ) = E[q(b + y + τ)], y = Σ g_i x_i, with q either error of output_error.hpp (less its constant limit
// μ₂ far below). Its two-sided Laplace transform is q̂(s) e^{sb} E[e^{sy}], where
//   inactive: q̂(s) = 2/s³          active: q̂(s) = 2 φ(sa)/s³ − 2 ψ(sa)/s²
//   φ(u) = (eᵘ − 1)/u,  ψ = φ',    E[e^{sy} | k active] = ē_k(φ(s g_1), φ(s g_2), …).
// The trapezoid rule on Re s = c with step h = 2π/P and nodes shifted by h/2 gives, by Poisson's formula, not
// f(0) but Σ_k (−1)^k e^{−ckP} f(kP). With P at least |z| everywhere, f(−kP) = 0 and f(kP) is a quadratic in
// the moments of y, so the aliases are subtracted exactly (the idea of abate1992, carried to exactness), and
// c may be small enough that nothing cancels. What is left is truncation, which falls like |s|^−(2+r) after r
// features: patterns with at most two active others are therefore integrated in closed form and the contour
// carries the rest.
#include "theory/engine/contour.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "theory/engine/active_counts.hpp"
#include "theory/engine/constant_sum.hpp"
#include "theory/engine/contour_line.hpp"
#include "theory/engine/pair_errors.hpp"

namespace digon {
namespace {

/// Sums over the nodes, given that one number of the others is active: the integrals of both errors, of their
/// moduli, and of the moduli over the last four steps, which are an octave of |s|.
struct CountSum {
  OutputError integral;
  OutputError modulus;
  std::array<OutputError, 4> step;

  [[nodiscard]] OutputError last_octave() const {
    return {step[0].inactive + step[1].inactive + step[2].inactive + step[3].inactive,
            step[0].active + step[1].active + step[2].active + step[3].active};
  }
};

/// Σ_{k≥1} (−1)^k e^{−ckP} f(kP): what the trapezoid rule sees besides f(0).
OutputError aliases(const Moments& moments, const OutputUnit& unit, const ContourLine& line) {
  OutputError sum;
  double factor = -std::exp(-decay_per_period);
  const double ratio = factor;
  for (int k = 1; std::abs(factor) * k * k > 1e-20; ++k, factor *= ratio) {
    const OutputError value = always_on_error(unit.law, moments, unit.bias + k * line.period, unit.own);
    sum.inactive += factor * value.inactive;
    sum.active += factor * (value.active - scaled_moment(unit.law, moments.m[0], 2));
  }
  return sum;
}

/// The moments of the others given that k of them are active, for every k up to `most`.
MeanCounts<Moments> moments_by_count(const OutputUnit& unit, std::size_t most) {
  MeanCounts<Moments> counts(most, std::size_t(unit.others.size()));
  for (const double g : unit.others) counts.add(moments_of_active(unit.law, g));
  return counts;
}

/// The contour integral for one output, for each number of active others above `closed_form_active`.
///
/// The more are active, the sooner the terms have decayed: nodes cost O(n k), where k is the largest number
/// that still needs them.
class CountContour {
 public:
  CountContour(const OutputUnit& unit, double span, const ContourOptions& options)
      : unit_(unit),
        options_(options),
        line_(span),
        bias_(unit.bias),
        own_(unit.law, unit.own),
        most_(std::min(std::size_t(unit.others.size()), options.most_active)),
        sums_(most_ + 1) {
    others_.reserve(std::size_t(unit.others.size()));
    for (const double g : unit.others) others_.emplace_back(unit.law, g);
  }

  /// Carries each sum until the estimate of what is left out is within tolerance or the nodes are spent. The
  /// result's entry 0 is for closed_form_active + 1.
  std::vector<ExpectedError> integrate() {
    for (std::size_t step = 0; most_ > closed_form_active && nodes() < options_.max_nodes; ++step) {
      for (std::size_t k = 0; k <= most_; ++k) sums_[k].step[step % 4] = {};
      const std::size_t end = blocks_ + std::max<std::size_t>(std::bit_floor(blocks_) / 4, 1);
      while (blocks_ < end) add_blocks(end - blocks_, step % 4);
      while (most_ > closed_form_active && within_tolerance(sums_[most_])) --most_;
    }
    return collect();
  }

  [[nodiscard]] std::size_t nodes() const { return blocks_ * lane_count; }

 private:
  /// The next blocks of nodes, at most so many and up to where exponentials start anew. Features are met four
  /// at a time, once for all of the blocks.
  void add_blocks(std::size_t most, std::size_t step) {
    const std::size_t since_start = blocks_ % blocks_between_starts;
    if (since_start == 0) CouplingOnLine::start(others_, 0, line_, blocks_);
    const std::size_t count = std::min(most, blocks_between_starts - since_start);
    std::vector<NodeBlock> blocks;
    for (std::size_t k = 0; k < count; ++k) blocks.emplace_back(line_, blocks_++);
    std::vector<MeanCounts<ComplexLanes>> counts(count, {most_, others_.size()});
    const auto transform = [&](std::size_t i, std::size_t k) {
      others_[i].next();
      return others_[i].moments<1>(blocks[k])[0];
    };
    std::size_t i = 0;
    for (; i + 4 <= others_.size(); i += 4) {
      for (std::size_t k = 0; k < count; ++k) {
        counts[k].add({transform(i, k), transform(i + 1, k), transform(i + 2, k), transform(i + 3, k)});
      }
    }
    for (; i < others_.size(); ++i) {
      for (std::size_t k = 0; k < count; ++k) counts[k].add(transform(i, k));
    }
    for (std::size_t k = 0; k < count; ++k) add_terms(blocks[k], counts[k], step);
  }

  void add_terms(const NodeBlock& block, const MeanCounts<ComplexLanes>& counts, std::size_t step) {
    bias_.next(block);
    const auto& [phi, psi] = own_.next(block);
    const ComplexLanes inactive_kernel =
        2.0 * (bias_.exponential() * block.inverse_s * block.inverse_s * block.inverse_s);
    const ComplexLanes active_kernel = inactive_kernel * (phi - block.s * psi);
    for (std::size_t k = closed_form_active + 1; k <= most_; ++k) {
      const ComplexLanes mean = counts[k];
      CountSum& sum = sums_[k];
      add(inactive_kernel * mean, sum.integral.inactive, sum.modulus.inactive, sum.step[step].inactive);
      add(active_kernel * mean, sum.integral.active, sum.modulus.active, sum.step[step].active);
    }
  }

  /// The nodes below the real axis are the conjugates: (h/2π) Σ over all l is (h/π) Σ_{l≥0} Re.
  void add(const ComplexLanes& term, double& integral, double& modulus, double& step) const {
    const double weight = line_.h / std::numbers::pi;
    const Lanes sizes = (term.re < 0.0 ? -term.re : term.re) + (term.im < 0.0 ? -term.im : term.im);
    double sum = 0.0;
    double size = 0.0;
    for (std::size_t k = 0; k < lane_count; ++k) {
      sum += term.re[k];
      size += sizes[k];
    }
    integral += weight * sum;
    modulus += weight * size;
    step += weight * size;
  }

  /// Terms fall at least like |s|⁻²: what is left out is no more than the last octave.
  [[nodiscard]] bool within_tolerance(const CountSum& sum) const {
    const OutputError left = sum.last_octave();
    return left.inactive <= options_.tolerance && left.active <= options_.tolerance;
  }

  [[nodiscard]] std::vector<ExpectedError> collect() const {
    const auto moments = moments_by_count(unit_, sums_.size() - 1);
    std::vector<ExpectedError> results;
    for (std::size_t k = closed_form_active + 1; k < sums_.size(); ++k) {
      const OutputError alias = aliases(moments[k], unit_, line_);
      const CountSum& sum = sums_[k];
      const OutputError left = sum.last_octave();
      const OutputError value{
          sum.integral.inactive - alias.inactive,
          sum.integral.active - alias.active + scaled_moment(unit_.law, moments[k].m[0], 2)};
      const OutputError uncertainty{
          left.inactive + rounding * (sum.modulus.inactive + std::abs(alias.inactive)),
          left.active + rounding * (sum.modulus.active + std::abs(alias.active))};
      results.push_back({value, uncertainty});
    }
    return results;
  }

  const OutputUnit& unit_;
  const ContourOptions& options_;
  ContourLine line_;
  ExponentialSequence bias_;
  ExponentialOnLine<2> own_;
  ScratchVector<CouplingOnLine> others_;
  std::size_t most_;  // the largest number active that still needs nodes
  std::vector<CountSum> sums_;
  std::size_t blocks_ = 0;
};

/// The expected errors with more than `closed_form_active` others active.
std::vector<ExpectedError> remainder_errors(const OutputUnit& unit, const ContourOptions& options,
                                            std::size_t& nodes) {
  const std::size_t most = std::min(std::size_t(unit.others.size()), options.most_active);
  if (most <= closed_form_active) return {};
  const Support support = support_of(unit);
  if (support.least < 0.0 && support.greatest > 0.0) {
    const double span = std::max(support.greatest, -support.least) * (1.0 + 4.0 * rounding);
    CountContour integral(unit, span, options);
    std::vector<ExpectedError> results = integral.integrate();
    nodes = integral.nodes();
    return results;
  }
  // Always on: a plain quadratic moment. Never on: the error is x².
  const auto moments = moments_by_count(unit, most);
  std::vector<ExpectedError> results;
  for (std::size_t k = closed_form_active + 1; k <= most; ++k) {
    const Moments& given = moments[k];
    const OutputError value = support.least >= 0.0 ? always_on_error(unit.law, given, unit.bias, unit.own)
                                                   : OutputError{0.0, scaled_moment(unit.law, given.m[0], 2)};
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
  accumulate(errors[0], 1.0, output_error(heard.law, heard.bias, heard.own));
  if (n >= 1) errors.emplace_back();
  if (n >= 2) errors.emplace_back();
  for (Eigen::Index i = 0; i < n; ++i) {
    accumulate(errors[1], 1.0 / double(n), output_error(heard.law, heard.bias, heard.own, heard.others[i]));
  }
  if (n >= 2 && options.most_active >= 2) {
    const PairErrors pairs = errors_over_pairs(heard.law, heard.bias, heard.own, heard.others);
    errors[2] = {pairs.mean, {rounding * pairs.size.inactive, rounding * pairs.size.active}};
  }
  for (const ExpectedError& error : remainder_errors(heard, options, nodes)) errors.push_back(error);
  return errors;
}

}  // namespace

std::vector<double> heard_given_all(std::size_t heard, std::size_t all, std::size_t k) {
  const auto log_factorial = [](std::size_t n) {
    int sign = 1;  // which std::lgamma would write where all threads write it
    return ::lgamma_r(double(n) + 1.0, &sign);
  };
  const auto log_choose = [&](std::size_t n, std::size_t r) {
    return log_factorial(n) - log_factorial(r) - log_factorial(n - r);
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

UnitErrorByCount expected_error_by_count(const OutputUnit& unit, const ContourOptions& options) {
  if (unit.law.is_constant()) return constant_error_by_count(unit);
  return by_heard_count(
      unit,
      [&](const OutputUnit& heard, std::size_t& nodes) {
        return errors_by_heard_count(heard, options, nodes);
      },
      options.most_active);
}

UnitErrorByCount by_heard_count(const OutputUnit& unit, const ErrorsByHeard& errors,
                                std::size_t most_active) {
  OutputUnit possible = unit;
  possible.density.setOnes();  // patterns are weighed equally here: every feature can be active
  const OutputUnit heard = without_silent(possible, silent_others(possible));
  UnitErrorByCount result;
  const std::vector<ExpectedError> by_heard = errors(heard, result.nodes);
  const std::size_t all = std::size_t(unit.others.size());
  for (std::size_t k = 0; k <= std::min(all, most_active); ++k) {
    ExpectedError& expected = result.expected.emplace_back();
    const std::vector<double> probability = heard_given_all(std::size_t(heard.others.size()), all, k);
    for (std::size_t j = 0; j < std::min(by_heard.size(), k + 1); ++j) {
      accumulate(expected, probability[j], by_heard[j]);
    }
  }
  return result;
}

}  // namespace digon
