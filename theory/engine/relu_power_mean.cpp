#include "theory/engine/relu_power_mean.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

#include "core/base/interrupt.hpp"
#include "theory/engine/feature_sum.hpp"
#include "theory/engine/pattern_probability.hpp"

namespace digon {
namespace {

/// The small couplings of a scale are those whose sum reaches no further than this share of the largest
/// coupling: few vertices of the large ones then cross zero within reach of the small.
constexpr double small_share = 0.1;

/// The own feature is integrated out at its ends where its coupling is at least this share of the largest: a
/// smaller one would make terms that cancel.
constexpr double own_share = 0.1;

/// The share of the tolerance that each approximation of a scale may take.
constexpr double approximation_share = 0.02;

/// The share that what y does beyond its reach may take; a contour sees the nearest alias of it e⁴ times.
constexpr double reach_share = 2e-4;

/// About how large |E[e^{sy}; at least k₀ of the features [first, middle) active]| is at |s| = ω, for k₀ = 0
/// … 3. `variance` has the variance of y over the features from each on.
std::array<double, 4> decay(const SortedFeatures& features, std::size_t first, std::size_t middle,
                            const ScratchVector<double>& variance, double omega) {
  double log_small = 0.0;
  std::size_t slow = middle;
  for (; slow < features.size(); ++slow) {
    const double p = features.density[Eigen::Index(slow)];
    const double u = omega * std::abs(features.g[Eigen::Index(slow)]);
    if (u < 1.5) break;  // and so are those that follow
    log_small += std::log1p(-p + p * transform_size(features.law, u, 2.0));
  }
  log_small -= 0.4 * omega * omega * variance[slow];
  std::array<double, 4> exactly{std::exp(log_small), 0.0, 0.0, 0.0};  // the last: three or more
  for (auto i = Eigen::Index(first); i < Eigen::Index(middle); ++i) {
    const double p = features.density[i];
    const double f = p * transform_size(features.law, omega * std::abs(features.g[i]), 1.5);
    exactly[3] += f * exactly[2] + (f - p) * exactly[3];
    for (std::size_t k = 2; k > 0; --k) exactly[k] += f * exactly[k - 1] - p * exactly[k];
    exactly[0] *= 1.0 - p;
  }
  std::array<double, 4> at_least = exactly;
  for (std::size_t least = 3; least-- > 0;) at_least[least] += at_least[least + 1];
  return at_least;
}

class PowerMean {
 public:
  PowerMean(const SortedFeatures& features, const ContourOptions& options)
      : a_(features.own), law_(features.law), features_(features), options_(options) {
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
  using Chosen = ScratchVector<std::size_t>;

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
    evaluate(first, FeatureSum(law_, features_.g, features_.density, first), points);
  }

  /// The same, where there are features, with the law of their sum.
  void evaluate(std::size_t first, const FeatureSum& sum, PowerPoints& points) {
    const double beyond_reach = reach_share * options_.tolerance;
    const Support reach = sum.reach(points, beyond_reach);
    parts_.uncertainty += 2.0 * beyond_reach;
    const auto range = [&](std::size_t k) -> Support {  // of t + y + a x
      const Support own = support(law_, points.with_own() ? a_ : 0.0);
      return {points.t(k) + reach.least + own.least, points.t(k) + reach.greatest + own.greatest};
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
    const bool own_is_large =
        std::abs(a_) * law_.width() >= own_share * std::abs(features_.g[Eigen::Index(first)]);
    if (points.with_own() && own_is_large && !crossing.empty()) {
      integrate_own_out(first, sum, points);
      return;
    }
    if (!always_on.empty()) add_polynomials(first, points, always_on);
    if (crossing.empty()) return;
    concentrate_slight(first, sum.mean(), period, points, crossing);
    if (crossing.empty()) return;
    period *= 1.0 + rounding;
    const CountedScale scale = separate(first, period, points, crossing);
    if (scale.counted - first >= std::size_t(scale.least)) {
      ScaleContour(features_, scale, period, points, crossing).integrate(options_, points, parts_);
    }
    if (scale.least > 0) add_few_active(scale, reach, points, crossing);
  }

  /// Which features are large, and how many of them must be active for a pattern to be summed on the contour:
  /// the fewer, the more nodes; the more, the more vertices.
  [[nodiscard]] CountedScale separate(std::size_t first, double period, const PowerPoints& points,
                                      const Chosen& crossing) const {
    constexpr double feature_time = 3.0;  // of a node, in nanoseconds as the others
    constexpr double point_time = 3.0;    // of a node
    constexpr double other_time = 12.0;   // of a node
    constexpr double most_nodes = 1e5;
    constexpr double oscillation = 2.0;  // the terms left out sum to no more than this many of them
    const std::size_t middle = first_small(first);
    const auto large = double(middle - first);
    const auto crossings = double(crossing.size());
    const double node_time =
        feature_time * double(features_.size() - first) + point_time * crossings + other_time;
    const double vertex_time =
        std::min(60.0 + 80.0 * double(features_.size() - middle), 500.0);  // and below it
    const double ends = law_.least == 0.0 ? 1.0 : 2.0;                     // of a feature that are no other's
    const double ones = ends * large;
    const std::array<double, 4> vertices{0.0, 1.0, 1.0 + ones,
                                         1.0 + ones + ones * ends * (large - 1.0) / 2.0};
    // Features that are integrated out raise the power, as the own one does: after too many scales none are.
    const std::size_t most_least = points.highest() + 3 <= highest_power ? 3 : 1;
    CountedScale best{first, middle, int(most_least)};
    double best_time = std::numeric_limits<double>::infinity();
    const auto consider = [&](int least, double nodes) {
      const double time = nodes * node_time + vertices[std::size_t(least)] * crossings * vertex_time;
      if (time >= best_time) return;
      best_time = time;
      best.least = least;
    };
    std::array<bool, 4> done{};
    // More than there are: no patterns for a contour.
    for (std::size_t least = middle - first + 1; least <= most_least; ++least) {
      consider(int(least), 0.0);
      done[least] = true;
    }
    const PowerSeries weights = weights_by_power(points, crossing);
    ScratchVector<double> variance(features_.size() + 1);
    for (std::size_t i = features_.size(); i-- > middle;) {
      const double g = features_.g[Eigen::Index(i)];
      variance[i] = variance[i + 1] + feature_variance(law_, features_.density[Eigen::Index(i)]) * g * g;
    }
    for (double nodes = 32.0; nodes < most_nodes && nodes * node_time < best_time; nodes *= 1.5) {
      const double omega = nodes * 2.0 * std::numbers::pi / period;
      const PowerSeries largest = largest_by_power(points.highest(), 1.0 / omega);
      double effect = 0.0;
      for (int r = 1; r <= points.highest(); ++r) effect += weights[std::size_t(r)] * largest[std::size_t(r)];
      const double kernel = oscillation / nodes * effect;
      const std::array<double, 4> at_least = decay(features_, first, middle, variance, omega);
      for (std::size_t least = 0; least <= most_least; ++least) {
        if (done[least] || !is_within(options_, kernel * at_least[least], omega)) continue;
        done[least] = true;
        consider(int(least), nodes);
      }
    }
    return best;
  }

  /// By r: at most so large are V_{e,r} and ∂V_{e,r}/∂t where |t + y| ≤ z.
  static PowerSeries largest_by_power(int highest, double z) {
    PowerSeries largest{};
    double power = 1.0;  // z^{r−1}
    for (int r = 1; r <= highest; ++r, power *= z) largest[std::size_t(r)] = power * std::max(z, double(r));
    return largest;
  }

  /// Σ |weight| over points, by r.
  static PowerSeries weights_by_power(const PowerPoints& points, const Chosen& chosen) {
    PowerSeries weights{};
    for (const std::size_t k : chosen) {
      for (int e = -1; e <= points.last_e(); ++e) {
        for (int r = points.lowest(e); r <= points.highest(e); ++r) {
          weights[std::size_t(r)] += std::abs(points.weight(k, e, r));
        }
      }
    }
    return weights;
  }

  /// Σ |weight| of F's and its derivative's values at a point.
  static double greatest_effect(const PowerPoints& points, std::size_t k, const PowerSeries& largest) {
    double effect = 0.0;
    for (int e = -1; e <= points.last_e(); ++e) {
      for (int r = std::max(points.lowest(e), 1); r <= points.highest(e); ++r) {
        effect += std::abs(points.weight(k, e, r)) * largest[std::size_t(r)];
      }
    }
    return effect;
  }

  /// Concentrates the points that matter so little, all of them together, that y is as good as a constant
  /// there, and leaves the others: of vertices of features that are hardly ever active together, few.
  void concentrate_slight(std::size_t first, double y, double period, PowerPoints& points, Chosen& crossing) {
    const double allowed = approximation_share * options_.tolerance;
    ScratchVector<double> effect(points.size());
    double total = 0.0;
    const PowerSeries largest = largest_by_power(points.highest(), period);
    for (const std::size_t k : crossing) total += effect[k] = greatest_effect(points, k, largest);
    const double of_each = total <= allowed ? total : allowed / double(crossing.size());
    const auto slight = std::stable_partition(crossing.begin(), crossing.end(),
                                              [&](std::size_t k) { return effect[k] > of_each; });
    if (slight == crossing.end()) return;
    for (auto k = slight; k != crossing.end(); ++k) parts_.uncertainty += effect[*k];
    concentrate(first, y, points, {slight, crossing.end()});
    crossing.erase(slight, crossing.end());
  }

  /// Values where y is as good as a constant.
  void concentrate(std::size_t first, double y, PowerPoints& points, const Chosen& chosen) {
    PowerSeries T{};
    for (const std::size_t k : chosen) {
      const double t = points.t(k) + y;
      const auto moment = [&](int e, int r) {
        return e < 0 ? positive_power(t, r) : own_power(law_, t, a_, e, r);
      };
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
    PowerSeries centred = sum.cumulants();
    centred[1] = 0.0;
    PowerSeries moments = exponential(centred, degree);  // E[(y − E y)^d]
    double power = 1.0;
    for (int d = 0; d <= degree; ++d, power *= sum.gamma()) moments[std::size_t(d)] *= power * factorial(d);
    ScratchVector<double> coefficients;  // binomial(r, d) E[(y − E y)^d], d = 0 … r, for each r in turn
    for (int r = 0; r <= degree; ++r) {
      for (int d = 0; d <= r; ++d) coefficients.push_back(binomial(r, d) * moments[std::size_t(d)]);
    }
    PowerSeries T{};
    PowerSeries values;                     // E[(t + y)^r]
    std::array<PowerSeries, 4> with_own{};  // by e + 1: E[x^e (t + a x + y)^r]
    const OwnMoments own(law_, a_, degree);
    for (const std::size_t k : chosen) {
      const double t = points.t(k) + sum.mean();
      const double* coefficient = coefficients.data();
      for (int r = 0; r <= degree; ++r) {
        double value = *coefficient++;
        for (int d = 1; d <= r; ++d) value = value * t + *coefficient++;
        values[std::size_t(r)] = value;
      }
      for (int e = -1; e <= (points.with_own() ? 2 : -1); ++e)
        own.fill(values, e, with_own[std::size_t(e + 1)]);
      for (int e = -1; e <= points.last_e(); ++e) {
        const PowerSeries& here = with_own[std::size_t(e + 1)];
        for (int r = points.lowest(e); r <= points.highest(e); ++r) {
          points.value(k, e, r) = here[std::size_t(r)];
          const double weight = points.weight(k, e, r);
          if (weight == 0.0) continue;
          if (e >= 0 && r > 0) parts_.by_a += weight * r * with_own[std::size_t(e + 2)][std::size_t(r - 1)];
          for (int d = 1; d <= r; ++d) {
            T[std::size_t(d)] += weight * falling_factorial(r, d) * here[std::size_t(r - d)];
          }
        }
      }
    }
    double gamma_power = 1.0;
    for (int d = 1; d <= degree; ++d, gamma_power *= sum.gamma()) T[std::size_t(d)] *= gamma_power;
    sum.add_gradient(T, parts_.by_g);
  }

  /// Integrates the own feature out at the two ends of its interval, l = least, h = greatest, w = h − l,
  ///   V_{0,r}(t) = (V_{r+1}(t + ha) − V_{r+1}(t + la)) / ((r+1) w a)
  ///   V_{1,r}(t) = (h V_{r+1}(t + ha) − l V_{r+1}(t + la)) / ((r+1) w a)
  ///                − (V_{r+2}(t + ha) − V_{r+2}(t + la)) / ((r+1)(r+2) w a²).
  void integrate_own_out(std::size_t first, const FeatureSum& sum, PowerPoints& points) {
    const double l = vertices(law_).near;
    const double h = vertices(law_).far;
    const std::size_t count = points.size();
    const std::size_t near_end = l == 0.0 ? 0 : 1;  // a vertex at 0 is where an inactive feature is
    const std::size_t far_end = near_end + 1;
    const std::size_t ends_of_one = far_end + 1;
    PowerPoints ends(false, points.lowest(-1), points.highest() + 1, ends_of_one * count);
    const auto once = [&](int r) { return 1.0 / (raise_divisor(law_, r) * a_); };
    const auto twice = [&](int r) {
      return law_.width() / (raise_divisor(law_, r) * raise_divisor(law_, r + 1) * a_ * a_);
    };
    for (std::size_t k = 0; k < count; ++k) {
      ends.t(ends_of_one * k) = points.t(k);
      ends.t(ends_of_one * k + near_end) = points.t(k) + l * a_;
      ends.t(ends_of_one * k + far_end) = points.t(k) + h * a_;
    }
    for_each_weight(points, [&](std::size_t k, int e, int r, double weight) {
      const std::size_t zero = ends_of_one * k;
      if (e < 0) {
        ends.weight(zero, -1, r) += weight;
      } else if (e == 0) {
        ends.weight(zero + near_end, -1, r + 1) -= weight * once(r);
        ends.weight(zero + far_end, -1, r + 1) += weight * once(r);
      } else {
        if (l != 0.0) ends.weight(zero + near_end, -1, r + 1) -= weight * l * once(r);
        ends.weight(zero + near_end, -1, r + 2) += weight * twice(r);
        ends.weight(zero + far_end, -1, r + 1) += weight * h * once(r);
        ends.weight(zero + far_end, -1, r + 2) -= weight * twice(r);
      }
    });
    evaluate(first, sum, ends);

    for (std::size_t k = 0; k < count; ++k) {
      const auto at = [&](std::size_t end, int r) { return ends.value(ends_of_one * k + end, -1, r); };
      const auto near = [&](int r) { return at(near_end, r); };
      const auto far = [&](int r) { return at(far_end, r); };
      const auto near_slope = [&](int r) { return l == 0.0 ? 0.0 : l * r * near(r - 1); };  // by a
      const auto far_slope = [&](int r) { return h * r * far(r - 1); };
      for (int r = points.lowest(-1); r <= points.highest(-1); ++r) points.value(k, -1, r) = at(0, r);
      for (int r = points.lowest(0); r <= points.highest(0); ++r) {
        const double weight = points.weight(k, 0, r);
        points.value(k, 0, r) = once(r) * (far(r + 1) - near(r + 1));
        parts_.uncertainty += rounding * std::abs(weight * once(r)) * (far(r + 1) + near(r + 1));
        parts_.by_a +=
            weight * (once(r) * (far_slope(r + 1) - near_slope(r + 1)) - points.value(k, 0, r) / a_);
      }
      for (int r = points.lowest(1); r <= points.highest(1); ++r) {
        const double weight = points.weight(k, 1, r);
        const double end_term = once(r) * (h * far(r + 1) - l * near(r + 1));
        const double difference = twice(r) * (far(r + 2) - near(r + 2));
        points.value(k, 1, r) = end_term - difference;
        parts_.uncertainty += rounding * std::abs(weight) *
                              (std::abs(once(r)) * (std::abs(h) * far(r + 1) + std::abs(l) * near(r + 1)) +
                               twice(r) * (far(r + 2) + near(r + 2)));
        if (weight == 0.0) continue;
        parts_.by_a +=
            weight * (once(r) * (h * far_slope(r + 1) - l * near_slope(r + 1)) -
                      twice(r) * (far_slope(r + 2) - near_slope(r + 2)) - (end_term - 2.0 * difference) / a_);
      }
    }
  }

  /// The first of the features whose sum reaches no further than small_share of |g_first|.
  [[nodiscard]] std::size_t first_small(std::size_t first) const {
    constexpr double deviations = 7.0;
    const double reach = small_share * std::abs(features_.g[Eigen::Index(first)]);
    const double square_reach = reach * reach / (deviations * deviations);
    double range = 0.0;
    double square = 0.0;
    std::size_t middle = features_.size();
    for (; middle > first + 1; --middle) {
      const double g = features_.g[Eigen::Index(middle - 1)];
      range += std::abs(g);
      square += scaled_moment(law_, features_.density[Eigen::Index(middle - 1)] * g * g, 2);
      if (range > reach && square > square_reach) break;
    }
    return middle;
  }

  /// The probabilities of the patterns with fewer than `least` large features active, over the couplings
  /// integrated out.
  struct FewActive {
    double none = 0.0;       ///< P(none)
    Eigen::VectorXd one;     ///< P(only i)/g_i
    Eigen::MatrixXd two;     ///< P(only i and l)/(g_i g_l); 0 on the diagonal
    Eigen::VectorXd two_of;  ///< Σ_l two(i, l)
    double total = 0.0;      ///< P(fewer than `least`)
  };

  [[nodiscard]] FewActive few_active(const CountedScale& scale) const {
    const auto large = Eigen::Index(scale.counted - scale.first);
    const Eigen::VectorXd density = features_.density.segment(Eigen::Index(scale.first), large);
    const auto g = features_.g.segment(Eigen::Index(scale.first), large);
    const PatternProbability probability(density);
    FewActive few;
    few.none = few.total = probability.exactly({});
    if (scale.least >= 2) few.one.setZero(large);
    if (scale.least >= 3) few.two.setZero(large, large);
    for (Eigen::Index i = 0; i < few.one.size(); ++i) {
      const double only_i = probability.exactly({i});
      few.total += only_i;
      few.one[i] = only_i / g[i];
      for (Eigen::Index l = 0; l < std::min(i, few.two.rows()); ++l) {
        const double only_i_l = probability.exactly({i, l});
        few.total += only_i_l;
        few.two(i, l) = few.two(l, i) = only_i_l / (g[i] * g[l]);
      }
    }
    few.two_of = few.two.rowwise().sum();
    return few;
  }

  /// The children of a point: at its t, at each vertex g_i and at each g_i + g_l, l < i, as far as fewer than
  /// `least` go.
  struct Vertices {
    Eigen::Index large = 0;
    int least = 0;

    [[nodiscard]] Eigen::Index ones() const { return least >= 2 ? large : 0; }
    [[nodiscard]] std::size_t count() const {
      return std::size_t(1 + ones() + (least >= 3 ? large * (large - 1) / 2 : 0));
    }
    [[nodiscard]] std::size_t zero(std::size_t k) const { return k * count(); }
    [[nodiscard]] std::size_t one(std::size_t k, Eigen::Index i) const {
      return zero(k) + std::size_t(1 + i);
    }
    [[nodiscard]] std::size_t two(std::size_t k, Eigen::Index i, Eigen::Index l) const {
      return zero(k) + std::size_t(1 + large + i * (i - 1) / 2 + l);
    }
    /// The l < i that i is paired with.
    [[nodiscard]] Eigen::Index pairs(Eigen::Index i) const { return least >= 3 ? i : 0; }
  };

  /// Adds the patterns with fewer than `least` large features active, if they could matter.
  void add_few_active(const CountedScale& scale, const Support& reach, PowerPoints& points,
                      const Chosen& chosen) {
    const FewActive few = few_active(scale);
    const double g = std::abs(features_.g[Eigen::Index(scale.first)]);  // |x| ≤ 1
    double furthest = 0.0;
    for (const std::size_t k : chosen) {
      furthest = std::max(furthest, std::abs(points.t(k)) + std::max(reach.greatest, -reach.least) + 2.0 * g +
                                        (points.with_own() ? std::abs(a_) : 0.0));
    }
    const PowerSeries largest = largest_by_power(points.highest(), furthest);
    double effect = 0.0;
    for (const std::size_t k : chosen) effect += greatest_effect(points, k, largest);
    effect *= few.total;
    if (effect <= approximation_share * options_.tolerance) {
      parts_.uncertainty += effect;
      return;
    }
    // In groups, so that what lies below them takes no more memory than so many points do.
    constexpr std::size_t most_points = 1U << 15U;
    const Vertices of_each{Eigen::Index(scale.counted - scale.first), scale.least};
    const std::size_t in_group = std::max<std::size_t>(most_points / of_each.count(), 1);
    const std::size_t groups = (chosen.size() + in_group - 1) / in_group;
    const ContourOptions of_all = options_;
    options_.tolerance /= double(groups);
    options_.slope_tolerance /= double(groups);
    for (std::size_t begin = 0; begin < chosen.size(); begin += in_group) {
      if (groups > 1) throw_if_given_up();
      const std::size_t end = std::min(begin + in_group, chosen.size());
      const Chosen group(chosen.begin() + std::ptrdiff_t(begin), chosen.begin() + std::ptrdiff_t(end));
      if (vertices(law_).near == 0.0) {
        add_vertices(few, scale, points, group);
      } else {
        add_vertices_apart(few, scale, points, group);
      }
    }
    options_ = of_all;
  }

  /// Of a law with a vertex at 0, where an inactive feature is too, so that both are one point:
  ///   V_r(t) = P(none) V_r + Σ_i P(only i)/((r+1) g_i) (V_{r+1}(g_i) − V_{r+1})
  ///     + Σ_{l<i} P(only i, l)/((r+1)(r+2) g_i g_l) (V_{r+2}(g_i + g_l) − V_{r+2}(g_i) − V_{r+2}(g_l) +
  ///     V_{r+2}),
  /// with V over the small features, at t plus what is in brackets.
  void add_vertices(const FewActive& few, const CountedScale& scale, PowerPoints& points,
                    const Chosen& chosen) {
    const auto large = Eigen::Index(scale.counted - scale.first);
    const Eigen::VectorXd g = features_.g.segment(Eigen::Index(scale.first), large);
    const Eigen::VectorXd far = vertices(law_).far * g;
    const Vertices at{large, scale.least};
    PowerPoints below(points.with_own(), points.lowest(-1), points.highest() + scale.least - 1,
                      at.count() * chosen.size());
    for (std::size_t c = 0; c < chosen.size(); ++c) {
      const double t = points.t(chosen[c]);
      below.t(at.zero(c)) = t;
      for (Eigen::Index i = 0; i < at.ones(); ++i) {
        below.t(at.one(c, i)) = t + far[i];
        for (Eigen::Index l = 0; l < at.pairs(i); ++l) below.t(at.two(c, i, l)) = t + far[i] + far[l];
      }
    }
    const double all_ones = few.one.sum();
    const double all_twos = few.two_of.sum() / 2.0;
    for_each_part(points, chosen, [&](std::size_t c, int e, int r, double weight) {
      if (weight == 0.0) return;
      const double raise1 = weight / raise_divisor(law_, r);
      const double raise2 = raise1 / raise_divisor(law_, r + 1);
      below.weight(at.zero(c), e, r) += weight * few.none;
      if (at.least >= 2) below.weight(at.zero(c), e, r + 1) -= raise1 * all_ones;
      if (at.least >= 3) below.weight(at.zero(c), e, r + 2) += raise2 * all_twos;
      for (Eigen::Index i = 0; i < at.ones(); ++i) {
        below.weight(at.one(c, i), e, r + 1) += raise1 * few.one[i];
        if (at.least >= 3) below.weight(at.one(c, i), e, r + 2) -= raise2 * few.two_of[i];
        for (Eigen::Index l = 0; l < at.pairs(i); ++l) {
          below.weight(at.two(c, i, l), e, r + 2) += raise2 * few.two(i, l);
        }
      }
    });
    evaluate(scale.counted, below);

    auto by_g = parts_.by_g.segment(Eigen::Index(scale.first), large);
    for_each_part(points, chosen, [&](std::size_t c, int e, int r, double weight) {
      const double raise1 = 1.0 / raise_divisor(law_, r);
      const double raise2 = raise1 / raise_divisor(law_, r + 1);
      const auto zero = [&](int power) { return below.value(at.zero(c), e, power); };
      double value = 0.0;
      double size = 0.0;
      const auto add = [&](double term) {
        value += term;
        size += std::abs(term);
      };
      add(few.none * zero(r));
      if (at.least >= 2) add(-raise1 * all_ones * zero(r + 1));
      if (at.least >= 3) add(raise2 * all_twos * zero(r + 2));
      for (Eigen::Index i = 0; i < at.ones(); ++i) {
        add(raise1 * few.one[i] * below.value(at.one(c, i), e, r + 1));
        if (at.least >= 3) add(-raise2 * few.two_of[i] * below.value(at.one(c, i), e, r + 2));
        for (Eigen::Index l = 0; l < at.pairs(i); ++l) {
          add(raise2 * few.two(i, l) * below.value(at.two(c, i, l), e, r + 2));
        }
      }
      points.value(chosen[c], e, r) += value;
      if (weight == 0.0) return;
      parts_.uncertainty += rounding * std::abs(weight) * size;
      // The large couplings stand in the coefficients (1/g) and in the vertices' t.
      const double h = vertices(law_).far;
      const double weigh1 = weight * raise1;
      const double weigh2 = weight * raise2;
      for (Eigen::Index i = 0; i < at.ones(); ++i) {
        const auto one = [&](int power) { return below.value(at.one(c, i), e, power); };
        by_g[i] += weigh1 * few.one[i] * (h * (r + 1) * one(r) - (one(r + 1) - zero(r + 1)) / g[i]);
        if (at.least < 3) continue;
        by_g[i] -= weigh2 * few.two_of[i] * (h * (r + 2) * one(r + 1) - (one(r + 2) - zero(r + 2)) / g[i]);
        for (Eigen::Index l = 0; l < large; ++l) by_g[l] += weigh2 * few.two(i, l) / g[l] * one(r + 2);
        for (Eigen::Index l = 0; l < i; ++l) {
          const auto two = [&](int power) { return below.value(at.two(c, i, l), e, power); };
          const double coefficient = weigh2 * few.two(i, l);
          by_g[i] += coefficient * (h * (r + 2) * two(r + 1) - two(r + 2) / g[i]);
          by_g[l] += coefficient * (h * (r + 2) * two(r + 1) - two(r + 2) / g[l]);
        }
      }
    });
  }

  /// Of any law, w = greatest − least, near_i = least g_i and far_i = greatest g_i:
  ///   V_r(t) = P(none) V_r + Σ_i P(only i)/((r+1) w g_i) (V_{r+1}(far_i) − V_{r+1}(near_i))
  ///     + Σ_{l<i} P(only i, l)/((r+1)(r+2) w² g_i g_l) (V_{r+2}(far_i + far_l) − V_{r+2}(far_i + near_l)
  ///     − V_{r+2}(near_i + far_l) + V_{r+2}(near_i + near_l)),
  /// each vertex a point of its own.
  void add_vertices_apart(const FewActive& few, const CountedScale& scale, PowerPoints& points,
                          const Chosen& chosen) {
    /// A point: a product of coefficient and V at t + Σ of its features' ends.
    struct Term {
      int raised = 0;  // features integrated out
      double coefficient = 0.0;
      std::array<Eigen::Index, 2> feature{};
      std::array<double, 2> end{};
    };
    const auto large = Eigen::Index(scale.counted - scale.first);
    const auto g = features_.g.segment(Eigen::Index(scale.first), large);
    const std::array<double, 2> ends{vertices(law_).near, vertices(law_).far};
    const std::array<double, 2> sign{-1.0, 1.0};
    ScratchVector<Term> terms{{0, few.none, {}, {}}};
    for (Eigen::Index i = 0; scale.least >= 2 && i < large; ++i) {
      for (std::size_t s = 0; s < 2; ++s) terms.push_back({1, sign[s] * few.one[i], {i, 0}, {ends[s], 0.0}});
      for (Eigen::Index l = 0; scale.least >= 3 && l < i; ++l) {
        for (std::size_t s = 0; s < 4; ++s) {
          terms.push_back({2, sign[s / 2] * sign[s % 2] * few.two(i, l), {i, l}, {ends[s / 2], ends[s % 2]}});
        }
      }
    }
    PowerPoints below(points.with_own(), points.lowest(-1), points.highest() + scale.least - 1,
                      terms.size() * chosen.size());
    const auto raise = [&](int raised, int r) {
      double divisor = 1.0;
      for (int d = 0; d < raised; ++d) divisor *= raise_divisor(law_, r + d);
      return 1.0 / divisor;
    };
    for (std::size_t c = 0; c < chosen.size(); ++c) {
      for (std::size_t q = 0; q < terms.size(); ++q) {
        double& t = below.t(c * terms.size() + q) = points.t(chosen[c]);
        for (std::size_t s = 0; s < std::size_t(terms[q].raised); ++s)
          t += terms[q].end[s] * g[terms[q].feature[s]];
      }
    }
    for_each_part(points, chosen, [&](std::size_t c, int e, int r, double weight) {
      if (weight == 0.0) return;
      for (std::size_t q = 0; q < terms.size(); ++q) {
        const Term& term = terms[q];
        below.weight(c * terms.size() + q, e, r + term.raised) +=
            weight * raise(term.raised, r) * term.coefficient;
      }
    });
    evaluate(scale.counted, below);

    auto by_g = parts_.by_g.segment(Eigen::Index(scale.first), large);
    for_each_part(points, chosen, [&](std::size_t c, int e, int r, double weight) {
      double value = 0.0;
      double size = 0.0;
      for (std::size_t q = 0; q < terms.size(); ++q) {
        const Term& term = terms[q];
        const std::size_t k = c * terms.size() + q;
        const int power = r + term.raised;
        const double factor = raise(term.raised, r) * term.coefficient;
        const double V = below.value(k, e, power);
        value += factor * V;
        size += std::abs(factor * V);
        if (weight == 0.0) continue;
        for (std::size_t s = 0; s < std::size_t(term.raised); ++s) {  // in 1/g and in the point's t
          const Eigen::Index i = term.feature[s];
          by_g[i] += weight * factor * (term.end[s] * power * below.value(k, e, power - 1) - V / g[i]);
        }
      }
      points.value(chosen[c], e, r) += value;
      parts_.uncertainty += rounding * std::abs(weight) * size;
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
  Law law_;
  const SortedFeatures& features_;
  ContourOptions options_;
  PowerSumParts parts_;
};

/// The cumulants of each density.
std::vector<const Cumulants*> cumulants_by_feature(const CumulantTable& table,
                                                   const Eigen::VectorXd& density) {
  std::vector<const Cumulants*> cumulants;
  cumulants.reserve(std::size_t(density.size()));
  for (Eigen::Index i = 0; i < density.size(); ++i) {
    const bool as_before = i > 0 && density[i] == density[i - 1];
    cumulants.push_back(as_before ? cumulants.back() : &table.at(density[i]));
  }
  return cumulants;
}

/// The order in which |g| falls, so that every scale is a range of features; where two agree in all but the
/// digits that an index takes, the later comes first.
ScratchVector<Eigen::Index> by_falling_size(const Eigen::VectorXd& g) {
  const auto n = std::uint64_t(g.size());
  const std::uint64_t index_bits = std::bit_ceil(n) - 1;
  ScratchVector<std::uint64_t> keys;  // a positive double's bits rise with it
  keys.reserve(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    keys.push_back((std::bit_cast<std::uint64_t>(std::abs(g[Eigen::Index(i)])) & ~index_bits) | i);
  }
  boost::sort::pdqsort_branchless(keys.begin(), keys.end(), std::greater<>());
  ScratchVector<Eigen::Index> order;
  order.reserve(n);
  for (const std::uint64_t key : keys) order.push_back(Eigen::Index(key & index_bits));
  return order;
}

}  // namespace

PowerSumParts relu_power_mean(const OutputUnit& unit, PowerPoints& points, const ContourOptions& options) {
  const Eigen::Index n = unit.others.size();
  const ScratchVector<Eigen::Index> order = by_falling_size(unit.others);
  SortedFeatures sorted{unit.own, unit.others(order), unit.density(order), {}, unit.law};
  const CumulantTable here = unit.cumulants ? CumulantTable{} : cumulants_of(unit.law, unit.density);
  sorted.cumulants = cumulants_by_feature(unit.cumulants ? *unit.cumulants : here, sorted.density);
  PowerSumParts sum = PowerMean(sorted, options).compute(points);
  const Eigen::VectorXd by_sorted = sum.by_g;
  for (Eigen::Index k = 0; k < n; ++k) sum.by_g[order[std::size_t(k)]] = by_sorted[k];
  return sum;
}

}  // namespace digon
