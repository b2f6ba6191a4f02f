// The exact expectation of an output's error over its inputs.
//
// Let f(τ) = E[q(b + y + τ)], y = Σ g_i x_i, with q either error of output_error.hpp (less its constant limit
// 1/3 far below). Its two-sided Laplace transform is q̂(s) e^{sb} E[e^{sy}], where
//   inactive: q̂(s) = 2/s³          active: q̂(s) = 2 φ(sa)/s³ − 2 ψ(sa)/s²
//   φ(u) = (eᵘ − 1)/u,  ψ = φ',    E[e^{sy}] = Π_i (S_i + p_i φ(s g_i)).
// The trapezoid rule on Re s = c with step h = 2π/P and nodes shifted by h/2 gives, by Poisson's formula, not
// f(0) but Σ_k (−1)^k e^{−ckP} f(kP). With P at least |z| everywhere, f(−kP) = 0 and f(kP) is a quadratic in
// the moments of y, so the aliases are subtracted exactly (the idea of abate1992, carried to exactness), and
// c may be small enough that nothing cancels. What is left is truncation, which falls like |s|^−(2+r) after r
// features: patterns with at most two active others are therefore integrated in closed form and the contour
// carries the rest.
#include "theory/contour.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "theory/active_counts.hpp"
#include "theory/complex_lanes.hpp"

namespace digon {
namespace {

using Complex = std::complex<double>;

/// c P: small enough not to amplify rounding, large enough that the aliases decay.
constexpr double decay_per_period = 4.0;

/// Blocks after which the running products e^{sg} are computed anew.
constexpr std::size_t blocks_between_restarts = 16;

// φ(u) = (eᵘ − 1)/u = Σ uᵏ/(k+1)!  and  ψ(u) = ((u − 1)eᵘ + 1)/u² = Σ uᵏ/(k! (k+2)).
// The series serves |u| ≤ 2, the quotient |u| ≥ 1: neither loses more than a digit.
constexpr double series_radius = 2.0;
constexpr int series_terms = 24;

template <typename T>
T phi_series(const T& u, double radius) {
  int terms = 2;
  for (double size = 1.0; size > 1e-18 && terms < series_terms; ++terms) size *= radius / (terms + 1);
  T sum = (1.0 / (terms + 1)) * u;
  for (int k = terms - 1; k >= 1; --k) sum = (1.0 / (k + 1)) * (u * (1.0 + sum));
  return 1.0 + sum;
}

Complex phi(Complex u) {
  return std::abs(u) < 1.0 ? phi_series(u, 1.0) : (std::exp(u) - 1.0) / u;
}

Complex psi(Complex u) {
  if (std::abs(u) >= 1.0) return ((u - 1.0) * std::exp(u) + 1.0) / (u * u);
  Complex sum = 0.0;
  Complex power = 1.0;  // uᵏ/k!
  for (int k = 0; k < series_terms; ++k) {
    sum += power / (k + 2.0);
    power *= u / (k + 1.0);
  }
  return sum;
}

/// The line of integration: nodes s_l = c + i (l + ½) h.
struct Line {
  double period = 0.0;
  double c = 0.0;
  double h = 0.0;

  explicit Line(double span) : period(span), c(decay_per_period / span), h(2.0 * std::numbers::pi / span) {}

  [[nodiscard]] Complex node(std::size_t l) const { return {c, (static_cast<double>(l) + 0.5) * h}; }

  [[nodiscard]] ComplexLanes block(std::size_t index) const {
    ComplexLanes s;
    for (std::size_t k = 0; k < lane_count; ++k) s.set_lane(k, node(index * lane_count + k));
    return s;
  }
};

/// The least and greatest |s| of a block.
struct BlockRange {
  double least = 0.0;
  double greatest = 0.0;
};

/// φ(s g) on successive blocks of the line; e^{sg} there is a geometric sequence.
class PhiOnLine {
 public:
  PhiOnLine(const Line& line, double g)
      : line_(line), g_(g), advance_(std::polar(1.0, line.h * g * double(lane_count))) {}

  ComplexLanes next(const ComplexLanes& s, const ComplexLanes& inverse_s, const BlockRange& range) {
    if (block_ % blocks_between_restarts == 0) {
      for (std::size_t k = 0; k < lane_count; ++k) {
        exponential_.set_lane(k, std::exp(g_ * line_.node(block_ * lane_count + k)));
      }
    }
    ++block_;
    const ComplexLanes current = exponential_;
    exponential_ = advance_ * exponential_;

    const double size = std::abs(g_);
    if (range.greatest * size <= series_radius) return phi_series(g_ * s, range.greatest * size);
    if (range.least * size >= 1.0) return (1.0 / g_) * ((-1.0 + current) * inverse_s);
    ComplexLanes values;
    for (std::size_t k = 0; k < lane_count; ++k) values.set_lane(k, phi(g_ * s.lane(k)));
    return values;
  }

 private:
  const Line& line_;
  double g_;
  Complex advance_;
  ComplexLanes exponential_;
  std::size_t block_ = 0;
};

/// Upper bounds on |φ(s g)| and |ψ(s g)| on the line, falling with |s|.
double phi_bound(const Line& line, double g, double s) {
  const double growth = std::exp(line.c * g);
  return std::min(std::max(growth, 1.0), (growth + 1.0) / (s * std::abs(g)));
}

double psi_bound(const Line& line, double g, double s) {
  const double growth = std::max(std::exp(line.c * g), 1.0);
  const double u = s * std::abs(g);
  return std::min(0.5 * growth, ((u + 1.0) * growth + 1.0) / (u * u));
}

/// Sums over the nodes of one count class: the integrals of both errors and of their moduli.
struct ClassSum {
  OutputError integral;
  OutputError modulus;
};

/// Σ_{k≥1} (−1)^k e^{−ckP} f(kP): what the trapezoid rule sees besides f(0).
OutputError aliases(const Moments& moments, const OutputUnit& unit, const Line& line) {
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

template <typename T, template <typename> typename Counts, typename Factor>
Counts<T> count_all(const OutputUnit& unit, Factor factor) {
  Counts<T> counts;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    counts.add(std::size_t(i), unit.density[i], factor(unit.others[i]));
  }
  return counts;
}

/// The contour integral for one output, over the count classes of `Counts`.
template <template <typename> typename Counts>
class ContourIntegral {
 public:
  ContourIntegral(const OutputUnit& unit, double span, const ContourOptions& options)
      : unit_(unit),
        options_(options),
        line_(span),
        sums_(Counts<double>::classes(std::size_t(unit.others.size()))) {
    phis_.reserve(std::size_t(unit.others.size()));
    for (const double g : unit.others) phis_.emplace_back(line_, g);
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
    const ComplexLanes s = line_.block(blocks_);
    const ComplexLanes inverse_s = reciprocal(s);
    const BlockRange range{std::abs(s.lane(0)), std::abs(s.lane(lane_count - 1))};
    Counts<ComplexLanes> counts;
    for (std::size_t i = 0; i < phis_.size(); ++i) {
      counts.add(i, unit_.density[Eigen::Index(i)], phis_[i].next(s, inverse_s, range));
    }

    ComplexLanes inactive_kernel;
    ComplexLanes active_kernel;
    for (std::size_t k = 0; k < lane_count; ++k) {
      const Complex node = s.lane(k);
      const Complex common = 2.0 * std::exp(node * unit_.bias) / (node * node * node);
      inactive_kernel.set_lane(k, common);
      const Complex u = node * unit_.own;
      active_kernel.set_lane(k, common * (phi(u) - node * psi(u)));
    }
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
    const auto counts = count_all<double, Counts>(unit_, [&](double g) { return phi_bound(line_, g, s); });
    double largest = 0.0;
    for (std::size_t index = 0; index < sums_.size(); ++index) {
      largest = std::max(largest, counts.remainder(index));
    }
    const double kernel = 2.0 * std::exp(line_.c * unit_.bias) / (s * s * s);
    const double a = unit_.own;
    const double own = a == 0.0 ? 1.0 + 0.5 * s : phi_bound(line_, a, s) + s * psi_bound(line_, a, s);
    tail_ = {largest * kernel * omega / std::numbers::pi, largest * kernel * own * omega / std::numbers::pi};
  }

  [[nodiscard]] bool within_tolerance() const {
    return tail_.inactive <= options_.tolerance && tail_.active <= options_.tolerance;
  }

  [[nodiscard]] std::vector<ExpectedError> collect() const {
    const auto moments = count_all<Moments, Counts>(unit_, moments_of_active);
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
  Line line_;
  std::vector<PhiOnLine> phis_;
  std::vector<ClassSum> sums_;
  std::size_t blocks_ = 0;
  OutputError tail_{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
};

/// The range of z over all inputs.
struct Support {
  double least = 0.0;
  double greatest = 0.0;
};

Support support_of(const OutputUnit& unit) {
  const double a = unit.own;
  return {unit.bias + std::min(a, 0.0) + unit.others.cwiseMin(0.0).sum(),
          unit.bias + std::max(a, 0.0) + unit.others.cwiseMax(0.0).sum()};
}

/// The expected errors of the classes with more than `closed_form_active` others active.
template <template <typename> typename Counts>
std::vector<ExpectedError> remainder_errors(const OutputUnit& unit, const ContourOptions& options,
                                            std::size_t& nodes) {
  if (std::size_t(unit.others.size()) <= closed_form_active) return {};
  const Support support = support_of(unit);
  if (support.least < 0.0 && support.greatest > 0.0) {
    const double span = std::max(support.greatest, -support.least) * (1.0 + 4.0 * rounding);
    ContourIntegral<Counts> integral(unit, span, options);
    std::vector<ExpectedError> results = integral.integrate();
    nodes = integral.nodes();
    return results;
  }
  // Always on: a plain quadratic moment. Never on: the error is x².
  const auto moments = count_all<Moments, Counts>(unit, moments_of_active);
  std::vector<ExpectedError> results;
  for (std::size_t index = 0; index < Counts<double>::classes(std::size_t(unit.others.size())); ++index) {
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

/// The probability of each small activity pattern of the other features.
class PatternProbability {
 public:
  explicit PatternProbability(const Eigen::VectorXd& density) : density_(density) {
    for (const double p : density) {
      if (p == 1.0) {
        ++always_;
      } else {
        others_off_ *= 1.0 - p;
      }
    }
  }

  /// Exactly the given features are active.
  [[nodiscard]] double exactly(std::initializer_list<Eigen::Index> active) const {
    double probability = others_off_;
    int always = always_;
    for (const Eigen::Index i : active) {
      if (density_[i] == 1.0) {
        --always;
      } else {
        probability *= density_[i] / (1.0 - density_[i]);
      }
    }
    return always == 0 ? probability : 0.0;
  }

 private:
  const Eigen::VectorXd& density_;
  double others_off_ = 1.0;  // Π S_i over the features that are not always on
  int always_ = 0;           // features with S_i = 0
};

/// The unit without the features that cannot matter: g = 0, or never active.
OutputUnit without_silent(const OutputUnit& unit) {
  OutputUnit heard{unit.bias, unit.own, unit.others, unit.density};
  Eigen::Index kept = 0;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    if (unit.others[i] == 0.0 || unit.density[i] == 0.0) continue;
    heard.others[kept] = unit.others[i];
    heard.density[kept] = unit.density[i];
    ++kept;
  }
  heard.others.conservativeResize(kept);
  heard.density.conservativeResize(kept);
  return heard;
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
  for (const ExpectedError& error : remainder_errors<MeanCounts>(heard, options, nodes))
    errors.push_back(error);
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

UnitError expected_error(const OutputUnit& unit, const ContourOptions& options) {
  const OutputUnit heard = without_silent(unit);
  const PatternProbability probability(heard.density);
  UnitError result;
  accumulate(result.expected, probability.exactly({}), output_error(heard.bias, heard.own));
  for (Eigen::Index i = 0; i < heard.others.size(); ++i) {
    const double one = probability.exactly({i});
    if (one > 0.0) accumulate(result.expected, one, output_error(heard.bias, heard.own, heard.others[i]));
    for (Eigen::Index l = 0; l < i; ++l) {
      const double two = probability.exactly({i, l});
      if (two == 0.0) continue;
      accumulate(result.expected, two, output_error(heard.bias, heard.own, heard.others[i], heard.others[l]));
    }
  }
  for (const ExpectedError& rest : remainder_errors<LumpedCounts>(heard, options, result.nodes)) {
    accumulate(result.expected, 1.0, rest);
  }
  return result;
}

UnitErrorByCount expected_error_by_count(const OutputUnit& unit, const ContourOptions& options) {
  OutputUnit possible = unit;
  possible.density.setOnes();  // patterns are weighed equally here: every feature can be active
  const OutputUnit heard = without_silent(possible);
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
