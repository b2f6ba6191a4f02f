#include "theory/relu_power_mean.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "theory/feature_sum.hpp"
#include "theory/pattern_probability.hpp"

namespace digon {
namespace {

/// The small couplings of a scale are those whose sum reaches no further than this share of the largest
/// coupling: few vertices of the large ones then cross zero within reach of the small.
constexpr double small_share = 0.1;

/// The own feature is integrated out at its ends where its coupling is at least this share of the largest: a
/// smaller one would make terms that cancel.
constexpr double own_share = 0.1;

/// One contour takes all patterns if this many nodes are enough: separating costs as much.
constexpr double nodes_of_one_contour = 320.0;

/// The share of the tolerance that each approximation of a scale may take.
constexpr double approximation_share = 0.02;

double positive_power(double z, int r) {
  if (z <= 0.0) return 0.0;
  double power = 1.0;
  for (int k = 0; k < r; ++k) power *= z;
  return power;
}

/// ∫₀¹ x^e max(t + a x, 0)^r dx.
double own_power(double t, double a, int r, int e) {
  double begin = 0.0;
  double end = 1.0;
  if (t <= 0.0 && t + a <= 0.0) return 0.0;
  if (t < 0.0) begin = std::clamp(-t / a, 0.0, 1.0);
  if (t + a < 0.0) end = std::clamp(-t / a, 0.0, 1.0);
  const auto integrand = [&](double x) { return std::pow(x, e) * positive_power(t + a * x, r); };
  return boost::math::quadrature::gauss<double, 25>::integrate(integrand, begin, end);
}

/// An upper bound on |E[e^{sy}]| at |s| = ω, but for the growth on the line; for a decision only.
double decay_bound(const SortedFeatures& features, std::size_t first, double omega) {
  double log_bound = 0.0;
  for (auto i = Eigen::Index(first); i < features.g.size(); ++i) {
    const double p = features.density[i];
    const double u = omega * std::abs(features.g[i]);
    log_bound +=
        u < 1.5 ? -0.4 * (p / 3.0 - p * p / 4.0) * u * u : std::log1p(-p + p * std::min(1.0, 2.0 / u));
  }
  return std::exp(log_bound);
}

/// The average over the own feature, x^e (a x + ·)^r, of a sequence of moments of what is added to it.
double with_own_feature(const Series& moments, double a, int e, int r) {
  if (e < 0) return moments[std::size_t(r)];
  double sum = 0.0;
  double power = 1.0;
  for (int d = 0; d <= r; ++d, power *= a) {
    sum += binomial(r, d) * power / (d + e + 1.0) * moments[std::size_t(r - d)];
  }
  return sum;
}

class PowerMean {
 public:
  PowerMean(const SortedFeatures& features, const ContourOptions& options)
      : a_(features.own), features_(features), options_(options) {
    parts_.by_g = Eigen::VectorXd::Zero(features.g.size());
  }

  PowerSumParts compute(PowerPoints& points) {
    evaluate(0, points);
    for_each_weight(points, [&](std::size_t k, int e, int r, double weight) {
      parts_.uncertainty += rounding * std::abs(weight * points.value(k, e, r));
    });
    return std::move(parts_);
  }

 private:
  using Chosen = std::vector<std::size_t>;

  /// The range of t + y + a x.
  struct Range {
    double least = 0.0;
    double greatest = 0.0;

    [[nodiscard]] bool crosses() const { return greatest > 0.0 && least < 0.0; }
  };

  template <typename Visit>
  static void for_each_weight(const PowerPoints& points, Visit visit) {
    for (std::size_t k = 0; k < points.size(); ++k) {
      for (int e = -1; e <= points.last_e(); ++e) {
        for (int r = points.lowest(e); r <= points.highest(e); ++r) {
          if (const double weight = points.weight(k, e, r); weight != 0.0) visit(k, e, r, weight);
        }
      }
    }
  }

  /// Values over the features from `first` on, which are sorted by falling |g|.
  void evaluate(std::size_t first, PowerPoints& points) {
    if (first == features_.size()) {
      Chosen all(points.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      concentrate(first, 0.0, points, all);
      return;
    }
    if (points.highest() + 2 > highest_power) throw std::logic_error("relu_power_mean: too many scales");
    const FeatureSum sum(features_.g, features_.density, first);
    const Support reach = sum.reach(points, approximation_share * 1e-2 * options_.tolerance);
    parts_.uncertainty += 2.0 * approximation_share * 1e-2 * options_.tolerance;
    const auto range = [&](std::size_t k) -> Range {
      const double own = points.with_own() ? a_ : 0.0;
      return {points.t(k) + reach.least + std::min(own, 0.0),
              points.t(k) + reach.greatest + std::max(own, 0.0)};
    };

    Chosen always_on;
    Chosen crossing;
    double period = 0.0;
    for (std::size_t k = 0; k < points.size(); ++k) {
      const auto [least, greatest] = range(k);
      if (greatest <= 0.0) continue;  // never on: 0
      (least >= 0.0 ? always_on : crossing).push_back(k);
      if (least < 0.0) period = std::max({period, greatest, -least});
    }
    const bool own_is_large = std::abs(a_) >= own_share * std::abs(features_.g[Eigen::Index(first)]);
    if (points.with_own() && own_is_large && !crossing.empty()) {
      integrate_own_out(first, points);
      return;
    }
    if (!always_on.empty()) add_polynomials(first, points, always_on);
    if (crossing.empty()) return;
    if (const double effect = greatest_effect(points, crossing, period);
        effect <= approximation_share * options_.tolerance) {
      parts_.uncertainty += effect;
      concentrate(first, sum.mean(), points, crossing);
      return;
    }
    period *= 1.0 + rounding;
    const double whole_reach = nodes_of_one_contour * 2.0 * std::numbers::pi / period;
    if (greatest_effect(points, crossing, 1.0 / whole_reach) * whole_reach * period *
            decay_bound(features_, first, whole_reach) <=
        options_.tolerance) {
      contour({first, first}, period, points, crossing);
      return;
    }
    const std::size_t middle = first_small(first);
    if (middle - first > 2) contour({first, middle}, period, points, crossing);
    add_vertices(first, middle, reach, points, crossing);
  }

  /// Σ |weight| of F's and its derivative's values where |t + y| ≤ z.
  static double greatest_effect(const PowerPoints& points, const Chosen& chosen, double z) {
    double effect = 0.0;
    for (const std::size_t k : chosen) {
      for (int e = -1; e <= points.last_e(); ++e) {
        for (int r = std::max(points.lowest(e), 1); r <= points.highest(e); ++r) {
          effect += std::abs(points.weight(k, e, r)) * positive_power(z, r - 1) * std::max(z, double(r));
        }
      }
    }
    return effect;
  }

  /// Values where y is as good as a constant.
  void concentrate(std::size_t first, double y, PowerPoints& points, const Chosen& chosen) {
    Series T{};
    for (const std::size_t k : chosen) {
      const double t = points.t(k) + y;
      const auto moment = [&](int e, int r) { return e < 0 ? positive_power(t, r) : own_power(t, a_, r, e); };
      for (int e = -1; e <= points.last_e(); ++e) {
        for (int r = points.lowest(e); r <= points.highest(e); ++r) {
          points.value(k, e, r) = moment(e, r);
          const double weight = points.weight(k, e, r);
          if (weight == 0.0 || r == 0) continue;
          T[1] += weight * r * moment(e, r - 1);
          if (e >= 0) parts_.by_a += weight * r * moment(e + 1, r - 1);
        }
      }
    }
    if (first < features_.size())
      SmallSum(features_.g, features_.cumulants, first, 1).add_gradient(T, parts_.by_g);
  }

  /// Where t + y is never negative the moments are polynomials.
  void add_polynomials(std::size_t first, PowerPoints& points, const Chosen& chosen) {
    const int degree = points.highest();
    const SmallSum sum(features_.g, features_.cumulants, first, degree);
    Series centred = sum.cumulants();
    centred[1] = 0.0;
    Series moments = exponential(centred, degree);  // E[(y − E y)^d]
    double power = 1.0;
    for (int d = 0; d <= degree; ++d, power *= sum.gamma()) moments[std::size_t(d)] *= power * factorial(d);
    Series T{};
    for (const std::size_t k : chosen) {
      const double t = points.t(k) + sum.mean();
      Series values{};
      for (int r = 0; r <= degree; ++r) {
        double t_power = 1.0;
        for (int d = r; d >= 0; --d, t_power *= t) {
          values[std::size_t(r)] += binomial(r, d) * t_power * moments[std::size_t(d)];
        }
      }
      for (int e = -1; e <= points.last_e(); ++e) {
        for (int r = points.lowest(e); r <= points.highest(e); ++r) {
          points.value(k, e, r) = with_own_feature(values, a_, e, r);
          const double weight = points.weight(k, e, r);
          if (weight == 0.0) continue;
          if (e >= 0 && r > 0) parts_.by_a += weight * r * with_own_feature(values, a_, e + 1, r - 1);
          for (int d = 1; d <= r; ++d) {
            T[std::size_t(d)] += weight * falling_factorial(r, d) * with_own_feature(values, a_, e, r - d);
          }
        }
      }
    }
    double gamma_power = 1.0;
    for (int d = 1; d <= degree; ++d, gamma_power *= sum.gamma()) T[std::size_t(d)] *= gamma_power;
    sum.add_gradient(T, parts_.by_g);
  }

  void contour(const CountedScale& scale, double period, PowerPoints& points, const Chosen& crossing) {
    ScaleContour(features_, scale, period, points, crossing)
        .integrate(options_.tolerance, options_.max_nodes, points, parts_);
  }

  /// Integrates the own feature out at the two ends of its interval,
  ///   V_{0,r}(t) = (V_{r+1}(t + a) − V_{r+1}(t)) / ((r+1) a)
  ///   V_{1,r}(t) = V_{r+1}(t + a) / ((r+1) a) − (V_{r+2}(t + a) − V_{r+2}(t)) / ((r+1)(r+2) a²).
  void integrate_own_out(std::size_t first, PowerPoints& points) {
    const std::size_t count = points.size();
    PowerPoints ends(false, points.lowest(-1), points.highest() + 1, 2 * count);  // t + a after t
    const auto once = [&](int r) { return 1.0 / ((r + 1.0) * a_); };
    const auto twice = [&](int r) { return 1.0 / ((r + 1.0) * (r + 2.0) * a_ * a_); };
    for (std::size_t k = 0; k < count; ++k) {
      ends.t(2 * k) = points.t(k);
      ends.t(2 * k + 1) = points.t(k) + a_;
    }
    for_each_weight(points, [&](std::size_t k, int e, int r, double weight) {
      if (e < 0) {
        ends.weight(2 * k, -1, r) += weight;
      } else if (e == 0) {
        ends.weight(2 * k, -1, r + 1) -= weight * once(r);
        ends.weight(2 * k + 1, -1, r + 1) += weight * once(r);
      } else {
        ends.weight(2 * k, -1, r + 2) += weight * twice(r);
        ends.weight(2 * k + 1, -1, r + 1) += weight * once(r);
        ends.weight(2 * k + 1, -1, r + 2) -= weight * twice(r);
      }
    });
    evaluate(first, ends);

    for (std::size_t k = 0; k < count; ++k) {
      const auto near = [&](int r) { return ends.value(2 * k, -1, r); };
      const auto far = [&](int r) { return ends.value(2 * k + 1, -1, r); };
      const auto far_slope = [&](int r) { return r * far(r - 1); };
      for (int r = points.lowest(-1); r <= points.highest(-1); ++r) points.value(k, -1, r) = near(r);
      for (int r = points.lowest(0); r <= points.highest(0); ++r) {
        const double weight = points.weight(k, 0, r);
        points.value(k, 0, r) = once(r) * (far(r + 1) - near(r + 1));
        parts_.uncertainty += rounding * std::abs(weight) * once(r) * (far(r + 1) + near(r + 1));
        parts_.by_a += weight * (once(r) * far_slope(r + 1) - points.value(k, 0, r) / a_);
      }
      for (int r = points.lowest(1); r <= points.highest(1); ++r) {
        const double weight = points.weight(k, 1, r);
        const double end_term = once(r) * far(r + 1);
        const double difference = twice(r) * (far(r + 2) - near(r + 2));
        points.value(k, 1, r) = end_term - difference;
        parts_.uncertainty +=
            rounding * std::abs(weight) * (end_term + twice(r) * (far(r + 2) + near(r + 2)));
        if (weight == 0.0) continue;
        parts_.by_a += weight * (once(r) * far_slope(r + 1) - twice(r) * far_slope(r + 2) -
                                 (end_term - 2.0 * difference) / a_);
      }
    }
  }

  /// The first of the features whose sum reaches no further than small_share of |g_first|.
  [[nodiscard]] std::size_t first_small(std::size_t first) const {
    constexpr double deviations = 7.0;
    const double reach = small_share * std::abs(features_.g[Eigen::Index(first)]);
    double range = 0.0;
    double square = 0.0;
    std::size_t middle = features_.size();
    for (; middle > first + 1; --middle) {
      const double g = features_.g[Eigen::Index(middle - 1)];
      range += std::abs(g);
      square += features_.density[Eigen::Index(middle - 1)] * g * g / 3.0;
      if (std::min(range, deviations * std::sqrt(square)) > reach) break;
    }
    return middle;
  }

  /// The probabilities of the patterns with at most two large features active, over the couplings integrated
  /// out.
  struct SmallPatterns {
    double none = 0.0;       ///< P(none)
    Eigen::VectorXd one;     ///< P(only i)/g_i
    Eigen::MatrixXd two;     ///< P(only i and l)/(g_i g_l); 0 on the diagonal
    Eigen::VectorXd two_of;  ///< Σ_l two(i, l)
    double total = 0.0;      ///< P(at most two)
  };

  [[nodiscard]] SmallPatterns small_patterns(std::size_t first, std::size_t middle) const {
    const auto large = Eigen::Index(middle - first);
    const Eigen::VectorXd density = features_.density.segment(Eigen::Index(first), large);
    const auto g = features_.g.segment(Eigen::Index(first), large);
    const PatternProbability probability(density);
    SmallPatterns patterns;
    patterns.none = patterns.total = probability.exactly({});
    patterns.one = Eigen::VectorXd(large);
    patterns.two = Eigen::MatrixXd::Zero(large, large);
    for (Eigen::Index i = 0; i < large; ++i) {
      const double only_i = probability.exactly({i});
      patterns.total += only_i;
      patterns.one[i] = only_i / g[i];
      for (Eigen::Index l = 0; l < i; ++l) {
        const double only_i_l = probability.exactly({i, l});
        patterns.total += only_i_l;
        patterns.two(i, l) = patterns.two(l, i) = only_i_l / (g[i] * g[l]);
      }
    }
    patterns.two_of = patterns.two.rowwise().sum();
    return patterns;
  }

  /// The children of a point: at its t, at each vertex g_i and at each g_i + g_l, l < i.
  struct Vertices {
    Eigen::Index large = 0;

    [[nodiscard]] std::size_t count() const { return std::size_t(1 + large + large * (large - 1) / 2); }
    [[nodiscard]] std::size_t zero(std::size_t k) const { return k * count(); }
    [[nodiscard]] std::size_t one(std::size_t k, Eigen::Index i) const {
      return zero(k) + std::size_t(1 + i);
    }
    [[nodiscard]] std::size_t two(std::size_t k, Eigen::Index i, Eigen::Index l) const {
      return zero(k) + std::size_t(1 + large + i * (i - 1) / 2 + l);
    }
  };

  /// Patterns with at most two large features active,
  ///   V_r(t) = P(none) V_r + Σ_i P(only i)/((r+1) g_i) (V_{r+1}(g_i) − V_{r+1})
  ///     + Σ_{l<i} P(only i, l)/((r+1)(r+2) g_i g_l) (V_{r+2}(g_i + g_l) − V_{r+2}(g_i) − V_{r+2}(g_l) +
  ///     V_{r+2}),
  /// with V over the small features, at t plus what is in brackets.
  void add_vertices(std::size_t first, std::size_t middle, const Support& reach, PowerPoints& points,
                    const Chosen& chosen) {
    const SmallPatterns patterns = small_patterns(first, middle);
    double furthest = 0.0;
    for (const std::size_t k : chosen) {
      furthest = std::max(furthest, std::abs(points.t(k)) + std::max(reach.greatest, -reach.least) +
                                        2.0 * std::abs(features_.g[Eigen::Index(first)]) +
                                        (points.with_own() ? std::abs(a_) : 0.0));
    }
    if (const double effect = patterns.total * greatest_effect(points, chosen, furthest);
        effect <= approximation_share * options_.tolerance) {
      parts_.uncertainty += effect;
      return;
    }
    const auto large = Eigen::Index(middle - first);
    const Eigen::VectorXd g = features_.g.segment(Eigen::Index(first), large);
    const Vertices at{large};
    PowerPoints below(points.with_own(), points.lowest(-1), points.highest() + 2, at.count() * chosen.size());
    for (std::size_t c = 0; c < chosen.size(); ++c) {
      const double t = points.t(chosen[c]);
      below.t(at.zero(c)) = t;
      for (Eigen::Index i = 0; i < large; ++i) {
        below.t(at.one(c, i)) = t + g[i];
        for (Eigen::Index l = 0; l < i; ++l) below.t(at.two(c, i, l)) = t + g[i] + g[l];
      }
    }
    for_each_part(points, chosen, [&](std::size_t c, int e, int r, double weight) {
      if (weight == 0.0) return;
      const double raise1 = weight / (r + 1.0);
      const double raise2 = raise1 / (r + 2.0);
      below.weight(at.zero(c), e, r) += weight * patterns.none;
      below.weight(at.zero(c), e, r + 1) -= raise1 * patterns.one.sum();
      below.weight(at.zero(c), e, r + 2) += raise2 * patterns.two_of.sum() / 2.0;
      for (Eigen::Index i = 0; i < large; ++i) {
        below.weight(at.one(c, i), e, r + 1) += raise1 * patterns.one[i];
        below.weight(at.one(c, i), e, r + 2) -= raise2 * patterns.two_of[i];
        for (Eigen::Index l = 0; l < i; ++l) {
          below.weight(at.two(c, i, l), e, r + 2) += raise2 * patterns.two(i, l);
        }
      }
    });
    evaluate(middle, below);

    auto by_g = parts_.by_g.segment(Eigen::Index(first), large);
    for_each_part(points, chosen, [&](std::size_t c, int e, int r, double weight) {
      const double raise1 = 1.0 / (r + 1.0);
      const double raise2 = raise1 / (r + 2.0);
      const auto zero = [&](int power) { return below.value(at.zero(c), e, power); };
      double value = 0.0;
      double size = 0.0;
      const auto add = [&](double term) {
        value += term;
        size += std::abs(term);
      };
      add(patterns.none * zero(r));
      add(-raise1 * patterns.one.sum() * zero(r + 1));
      add(raise2 * patterns.two_of.sum() / 2.0 * zero(r + 2));
      for (Eigen::Index i = 0; i < large; ++i) {
        const auto one = [&](int power) { return below.value(at.one(c, i), e, power); };
        add(raise1 * patterns.one[i] * one(r + 1));
        add(-raise2 * patterns.two_of[i] * one(r + 2));
        for (Eigen::Index l = 0; l < i; ++l) {
          add(raise2 * patterns.two(i, l) * below.value(at.two(c, i, l), e, r + 2));
        }
      }
      points.value(chosen[c], e, r) += value;
      if (weight == 0.0) return;
      parts_.uncertainty += rounding * std::abs(weight) * size;
      // The large couplings stand in the coefficients (1/g) and in the vertices' t.
      const double weigh1 = weight * raise1;
      const double weigh2 = weight * raise2;
      for (Eigen::Index i = 0; i < large; ++i) {
        const auto one = [&](int power) { return below.value(at.one(c, i), e, power); };
        by_g[i] += weigh1 * patterns.one[i] * ((r + 1) * one(r) - (one(r + 1) - zero(r + 1)) / g[i]);
        by_g[i] -= weigh2 * patterns.two_of[i] * ((r + 2) * one(r + 1) - (one(r + 2) - zero(r + 2)) / g[i]);
        for (Eigen::Index l = 0; l < large; ++l) by_g[l] += weigh2 * patterns.two(i, l) / g[l] * one(r + 2);
        for (Eigen::Index l = 0; l < i; ++l) {
          const auto two = [&](int power) { return below.value(at.two(c, i, l), e, power); };
          const double coefficient = weigh2 * patterns.two(i, l);
          by_g[i] += coefficient * ((r + 2) * two(r + 1) - two(r + 2) / g[i]);
          by_g[l] += coefficient * ((r + 2) * two(r + 1) - two(r + 2) / g[l]);
        }
      }
    });
  }

  template <typename Visit>
  static void for_each_part(const PowerPoints& points, const Chosen& chosen, Visit visit) {
    for (std::size_t c = 0; c < chosen.size(); ++c) {
      for (int e = -1; e <= points.last_e(); ++e) {
        for (int r = points.lowest(e); r <= points.highest(e); ++r) {
          visit(c, e, r, points.weight(chosen[c], e, r));
        }
      }
    }
  }

  double a_;
  const SortedFeatures& features_;
  const ContourOptions& options_;
  PowerSumParts parts_;
};

/// The cumulants of each density, those of equal densities shared.
std::vector<const Series*> shared_cumulants(const Eigen::VectorXd& density,
                                            std::map<double, Series>& distinct) {
  std::vector<const Series*> cumulants;
  for (Eigen::Index i = 0; i < density.size(); ++i) {
    if (i > 0 && density[i] == density[i - 1]) {
      cumulants.push_back(cumulants.back());
      continue;
    }
    const auto [entry, added] = distinct.try_emplace(density[i]);
    if (added) entry->second = mixture_cumulants(density[i]);
    cumulants.push_back(&entry->second);
  }
  return cumulants;
}

}  // namespace

PowerSumParts relu_power_mean(const OutputUnit& unit, PowerPoints& points, const ContourOptions& options) {
  // Sorted by falling |g|, so that every scale is a range of features.
  const Eigen::Index n = unit.others.size();
  std::vector<Eigen::Index> order(std::size_t(n), 0);
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index l) {
    return std::abs(unit.others[i]) > std::abs(unit.others[l]);
  });
  SortedFeatures sorted{unit.own, unit.others(order), unit.density(order), {}};
  std::map<double, Series> distinct;
  sorted.cumulants = shared_cumulants(sorted.density, distinct);
  PowerSumParts sum = PowerMean(sorted, options).compute(points);
  const Eigen::VectorXd by_sorted = sum.by_g;
  for (Eigen::Index k = 0; k < n; ++k) sum.by_g[order[std::size_t(k)]] = by_sorted[k];
  return sum;
}

}  // namespace digon
