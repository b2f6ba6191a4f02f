#include "theory/engine/lattice_sum.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace digon {
namespace {

using Row = std::vector<double>;

/// Where y may be followed: its range, or as far as deviations go that leave out less than 1e-17.
Support window_of(const Eigen::VectorXd& y, const Eigen::VectorXd& density) {
  constexpr double deviations = 10.0;
  const double mean = y.dot(density);
  const double variance = (y.array().square() * density.array() * (1.0 - density.array())).sum();
  // Bernstein: P(|y − E y| > d) ≤ 2 exp(−d²/2/(variance + largest d/3)).
  const double largest = y.cwiseAbs().maxCoeff();
  const double reach = deviations * std::sqrt(variance) + deviations * deviations / 3.0 * largest;
  return {std::max(y.cwiseMin(0.0).sum(), mean - reach), std::min(y.cwiseMax(0.0).sum(), mean + reach)};
}

/// The lattice and each feature's step on it.
class Lattice {
 public:
  Lattice(const OutputUnit& unit, std::size_t points) : density_(unit.density) {
    const Eigen::VectorXd y = unit.law.least * unit.others;
    const Support window = window_of(y, unit.density);
    h_ = std::max((window.greatest - window.least) / double(points - 3), 1e-300);
    origin_ = std::ptrdiff_t(std::ceil(-window.least / h_)) + 1;
    size_ = points;
    for (const double step : y) {
      const double whole = std::floor(step / h_);
      steps_.push_back(std::ptrdiff_t(whole));
      beyond_.push_back(step / h_ - whole);
    }
  }

  [[nodiscard]] std::size_t features() const { return steps_.size(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] double y(std::size_t k) const { return h_ * double(std::ptrdiff_t(k) - origin_); }

  [[nodiscard]] Row at_zero() const {
    Row law(size_, 0.0);
    law[std::size_t(origin_)] = 1.0;
    return law;
  }

  /// The law with feature i: mass that leaves the window is dropped.
  [[nodiscard]] Row with_feature(std::size_t i, const Row& law) const {
    const double p = density_[Eigen::Index(i)];
    Row next(size_);
    for (std::size_t k = 0; k < size_; ++k) next[k] = (1.0 - p) * law[k];
    add_moved(next, law, steps_[i], p * (1.0 - beyond_[i]));
    add_moved(next, law, steps_[i] + 1, p * beyond_[i]);
    return next;
  }

  /// E[q(y + step of i)] at each y: the transpose of the move.
  [[nodiscard]] Row while_active(std::size_t i, const Row& q) const {
    Row next(size_, 0.0);
    add_moved(next, q, -steps_[i], 1.0 - beyond_[i]);
    add_moved(next, q, -steps_[i] - 1, beyond_[i]);
    return next;
  }

  /// E[v] and the spread of v, what the lattice adds to the variance of y.
  [[nodiscard]] double added_variance() const { return variance_moment(1); }
  [[nodiscard]] double added_variance_spread() const { return std::sqrt(variance_moment(2)); }

 private:
  [[nodiscard]] double variance_moment(int r) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      sum += density_[Eigen::Index(i)] * std::pow(beyond_[i] * (1.0 - beyond_[i]) * h_ * h_, r);
    }
    return sum;
  }

  static void add_moved(Row& to, const Row& from, std::ptrdiff_t step, double weight) {
    const auto size = std::ptrdiff_t(to.size());
    const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, step);
    const std::ptrdiff_t end = std::min(size, size + step);
    for (std::ptrdiff_t k = begin; k < end; ++k) to[std::size_t(k)] += weight * from[std::size_t(k - step)];
  }

  Eigen::VectorXd density_;
  double h_ = 0.0;
  std::ptrdiff_t origin_ = 0;
  std::size_t size_ = 0;
  std::vector<std::ptrdiff_t> steps_;
  std::vector<double> beyond_;  // share of a step that goes one point further
};

UnitGradient on_lattice(const OutputUnit& unit, const ErrorWeights& weights, const Lattice& lattice) {
  const double c = unit.law.least;
  const double t0 = unit.bias;
  const double t1 = unit.bias + unit.own * c;
  std::vector<Row> laws{lattice.at_zero()};  // before each feature, and after all
  laws.reserve(lattice.features() + 1);
  for (std::size_t i = 0; i < lattice.features(); ++i) laws.push_back(lattice.with_feature(i, laws.back()));

  const double v = lattice.added_variance();
  UnitGradient gradient;
  double inactive_error = 0.0;
  double active_error = 0.0;
  double kept = 0.0;
  double largest = 0.0;
  Row slope(lattice.size());  // of q = w₀ max(t₀ + y, 0)² + w₁ (c − max(t₁ + y, 0))²
  double by_t1 = 0.0;
  const auto blur = [&](double z) { return 0.5 * (std::sqrt(z * z + v) - std::abs(z)); };
  const Row& law = laws.back();
  for (std::size_t k = 0; k < lattice.size(); ++k) {
    const double z0 = t0 + lattice.y(k);
    const double z1 = t1 + lattice.y(k);
    const double off = std::max(z0, 0.0);
    const double on = std::max(z1, 0.0);
    const double active_slope = z1 > 0.0 ? 2.0 * weights.active * (z1 - c) : 0.0;
    slope[k] = 2.0 * weights.inactive * off + active_slope;
    kept += law[k];
    largest = std::max({largest, z0 * z0, (std::abs(z1) + std::abs(c)) * (std::abs(z1) + std::abs(c))});
    gradient.expected.inactive += law[k] * (off * off - (z0 > 0.0 ? v : 0.0));
    gradient.expected.active += law[k] * ((c - on) * (c - on) - (z1 > 0.0 ? v : 0.0));
    gradient.by_bias += law[k] * slope[k];
    by_t1 += law[k] * active_slope;
    const double near = 4.0 * std::sqrt(v);
    inactive_error += law[k] * (std::abs(z0) <= near ? v : 0.0);
    active_error += law[k] * ((std::abs(z1) <= near ? v : 0.0) + 2.0 * std::abs(c) * blur(z1));
  }
  gradient.by_own = c * by_t1;
  const double spread = lattice.added_variance_spread();
  const double lost = std::max(1.0 - kept, 0.0) * largest;
  gradient.uncertainty = weights.inactive * (inactive_error + spread + lost) +
                         weights.active * (active_error + spread + lost) +
                         rounding * double(lattice.features()) *
                             (weights.inactive * gradient.expected.inactive + weights.active * c * c);

  gradient.by_others.resize(unit.others.size());
  for (std::size_t i = lattice.features(); i-- > 0;) {
    const double p = unit.density[Eigen::Index(i)];
    const Row active = lattice.while_active(i, slope);
    double sum = 0.0;
    for (std::size_t k = 0; k < lattice.size(); ++k) {
      sum += laws[i][k] * active[k];
      slope[k] = (1.0 - p) * slope[k] + p * active[k];
    }
    gradient.by_others[Eigen::Index(i)] = c * p * sum;
  }
  gradient.nodes = lattice.size();
  return gradient;
}

}  // namespace

UnitGradient lattice_unit_gradient(const OutputUnit& heard, const ErrorWeights& weights,
                                   const ContourOptions& options) {
  constexpr std::size_t fewest = 1U << 10;
  constexpr std::size_t most_kept = 1U << 24;  // numbers of all laws together
  const std::size_t most =
      std::min({options.max_nodes, std::size_t{1} << 18, most_kept / std::size_t(heard.others.size() + 1)});
  UnitGradient gradient;
  for (std::size_t points = fewest;; points *= 2) {
    gradient = on_lattice(heard, weights, Lattice(heard, points));
    if (gradient.uncertainty <= options.tolerance || 2 * points > most) return gradient;
    // Errors fall like h².
    while (4 * points <= most && gradient.uncertainty > 16.0 * options.tolerance) {
      points *= 2;
      gradient.uncertainty /= 4.0;
    }
  }
}

}  // namespace digon
