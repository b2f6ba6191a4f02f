#include "theory/engine/count_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "theory/engine/constant_sum.hpp"
#include "theory/engine/contour_line.hpp"

namespace digon {
namespace {

/// Adds factor times what E_j[(Y + …)²] is where the output is on for every input, or has no ReLU, Y = shift
/// + y:
///   inactive: E[Y²]      active: E[Y²] + 2μ₁ (a − 1) E[Y] + μ₂ ((1 − a)² − less),
/// with E y = (j/n) μ₁ Σ g_i and E y² = (j/n) μ₂ Σ g_i² + j(j−1)/(n(n−1)) μ₁² ((Σ g_i)² − Σ g_i²).
void add_quadratic(const OutputUnit& unit, double factor, double shift, double less, std::size_t j,
                   CountSums& sums) {
  const double mu1 = scaled_moment(unit.law, 1.0, 1);
  const double mu2 = scaled_moment(unit.law, 1.0, 2);
  const double n = double(sums.others());
  const double k = double(j);
  const double one = n > 0.0 ? k / n : 0.0;                            // P(a given other is active)
  const double two = n > 1.0 ? k * (k - 1.0) / (n * (n - 1.0)) : 0.0;  // P(two given others are)
  const double sum = unit.others.sum();
  const double squares = unit.others.squaredNorm();
  const double a = unit.own;
  const double mean = shift + one * mu1 * sum;  // E Y
  const double square = shift * shift + 2.0 * shift * one * mu1 * sum + one * mu2 * squares +
                        two * mu1 * mu1 * (sum * sum - squares);
  sums.value[j].inactive += factor * square;
  sums.value[j].active +=
      factor * (square + 2.0 * mu1 * (a - 1.0) * mean + mu2 * ((1.0 - a) * (1.0 - a) - less));
  sums.by_bias[j].inactive += factor * 2.0 * mean;
  sums.by_bias[j].active += factor * (2.0 * mean + 2.0 * mu1 * (a - 1.0));
  const double active = factor * sums.of_active[j];
  const double both = factor * sums.of_inactive[j] + active;
  sums.by_own += active * (2.0 * mu1 * mean - 2.0 * mu2 * (1.0 - a));
  const double by_mean = one * mu1 * (2.0 * shift * both + 2.0 * mu1 * (a - 1.0) * active);
  sums.by_others.array() += by_mean + both * (2.0 * one * mu2 * unit.others.array() +
                                              2.0 * two * mu1 * mu1 * (sum - unit.others.array()));
  sums.uncertainty += rounding * std::abs(factor) *
                      (std::abs(both) * (square + shift * shift) +
                       std::abs(sums.of_active[j]) * mu2 * (1.0 + (1.0 - a) * (1.0 - a)));
}

/// Adds the moduli of one count's sums to what is known of F.
double weighed(const CountSums& sums, std::size_t j, const OutputError& error) {
  return sums.of_inactive[j] * error.inactive + sums.of_active[j] * error.active;
}

/// Up to two active others, between the knots.
void add_few(const OutputUnit& unit, CountSums& sums) {
  const Eigen::Index n = unit.others.size();
  const auto take = [&](std::size_t j, double share, const ErrorSlope& slope) {
    sums.value[j].add(share, slope.value);
    sums.by_bias[j].add(share, slope.by_t);
    sums.by_own += share * sums.of_active[j] * slope.active_by_own;
    sums.uncertainty += rounding * share * weighed(sums, j, slope.value);
  };
  if (sums.counts(0)) take(0, 1.0, error_slope(unit.law, unit.bias, unit.own));
  if (n >= 1 && sums.counts(1)) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const ErrorSlope slope = error_slope(unit.law, unit.bias, unit.own, unit.others[i]);
      const double share = 1.0 / double(n);
      take(1, share, slope);
      sums.by_others[i] += share * weighed(sums, 1, slope.by_g1);
    }
  }
  if (n >= 2 && sums.counts(2)) {
    const double share = 2.0 / (double(n) * double(n - 1));
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index l = 0; l < i; ++l) {
        const ErrorSlope slope = error_slope(unit.law, unit.bias, unit.own, unit.others[i], unit.others[l]);
        take(2, share, slope);
        sums.by_others[i] += share * weighed(sums, 2, slope.by_g1);
        sums.by_others[l] += share * weighed(sums, 2, slope.by_g2);
      }
    }
  }
}

constexpr std::size_t fewest_on_contour = 3;

double moduli(const ComplexLanes& a) {
  double sum = 0.0;
  for (std::size_t k = 0; k < lane_count; ++k) sum += std::abs(a.lane(k));
  return sum;
}

/// Three or more active others: the transforms of contour.cpp, and back.
class CountGradientContour {
 public:
  CountGradientContour(const OutputUnit& unit, double span, std::size_t most)
      : unit_(unit),
        line_(span),
        bias_(unit.bias),
        own_(unit.law, unit.own),
        most_(most),
        before_(std::size_t(unit.others.size()) * (most + 1)),
        mean_(most + 1),
        value_(most + 1),
        by_bias_(most + 1),
        by_others_(std::size_t(unit.others.size())) {
    for (const double g : unit.others) others_.emplace_back(unit.law, g);
  }

  void integrate(const ContourOptions& options, CountSums& sums) {
    double last = 0.0;
    for (std::size_t octave = 1;; octave *= 2) {
      last = 0.0;
      while (blocks_ < octave) last += add_block(sums);
      if (last <= options.tolerance || blocks_ * lane_count >= options.max_nodes) break;
    }
    const double node = line_.h / std::numbers::pi;  // and the conjugate below the real axis
    const double mu2 = scaled_moment(unit_.law, 1.0, 2);
    for (std::size_t j = fewest_on_contour; j <= most_; ++j) {
      if (!sums.counts(j)) continue;
      sums.value[j].add(node, {sum_of(value_[j].inactive), sum_of(value_[j].active)});
      sums.by_bias[j].add(node, {sum_of(by_bias_[j].inactive), sum_of(by_bias_[j].active)});
      sums.value[j].active += mu2;
    }
    sums.by_own += node * sum_of(by_own_);
    for (std::size_t i = 0; i < others_.size(); ++i) {
      sums.by_others[Eigen::Index(i)] += node * sum_of(by_others_[i]);
    }
    sums.uncertainty += last + rounding * node * modulus_;
    sums.nodes += blocks_ * lane_count;
    subtract_aliases(sums);
  }

 private:
  struct LaneError {
    Lanes inactive{};
    Lanes active{};
  };

  /// The size of its terms of F and ∂F/∂b, as they count in an integral.
  double add_block(const CountSums& sums) {
    const NodeBlock block(line_, blocks_);
    run_forward(block);
    bias_.next(block);
    const auto& [M0, M1, M2] = own_.next(block);
    const ComplexLanes inactive =
        2.0 * (bias_.exponential() * block.inverse_s * block.inverse_s * block.inverse_s);
    const ComplexLanes active = inactive * (M0 - block.s * M1);
    const ComplexLanes active_by_own = inactive * (block.s * (M1 - block.s * M2));
    std::vector<ComplexLanes> adjoint(most_ + 1);
    double size = 0.0;
    for (std::size_t j = fewest_on_contour; j <= most_; ++j) {
      if (!sums.counts(j)) continue;
      const ComplexLanes off = inactive * mean_[j];
      const ComplexLanes on = active * mean_[j];
      value_[j].inactive += off.re;
      value_[j].active += on.re;
      by_bias_[j].inactive += real_of_product(block.s, off);
      by_bias_[j].active += real_of_product(block.s, on);
      by_own_ += sums.of_active[j] * real_of_product(active_by_own, mean_[j]);
      adjoint[j] = sums.of_inactive[j] * inactive + sums.of_active[j] * active;
      const double term = sums.of_inactive[j] * moduli(off) + sums.of_active[j] * moduli(on);
      modulus_ += term;
      size += term * std::max(1.0, block.greatest);
    }
    run_back(block, adjoint);
    ++blocks_;
    return line_.h / std::numbers::pi * size;
  }

  /// ē_k ← ((i − k)/i) ē_k + (k/i) f_i ē_{k−1}, keeping what was before feature i.
  void run_forward(const NodeBlock& block) {
    std::fill(mean_.begin(), mean_.end(), ComplexLanes{});
    mean_[0] = {all_lanes(1.0), Lanes{}};
    for (std::size_t i = 0; i < others_.size(); ++i) {
      std::copy(mean_.begin(), mean_.end(), before_.begin() + std::ptrdiff_t(i * mean_.size()));
      const ComplexLanes& f = others_[i].next(block)[0];
      const double entered = double(i + 1);
      for (std::size_t k = std::min(i + 1, most_); k >= 1; --k) {
        const double taken = double(k) / entered;
        mean_[k] = (1.0 - taken) * mean_[k] + taken * (f * mean_[k - 1]);
      }
    }
  }

  void run_back(const NodeBlock& block, std::vector<ComplexLanes>& adjoint) {
    for (std::size_t i = others_.size(); i-- > 0;) {
      const ComplexLanes* before = &before_[i * mean_.size()];
      const ComplexLanes f = others_[i].moments()[0];
      const double entered = double(i + 1);
      ComplexLanes by_f;
      for (std::size_t k = 1; k <= std::min(i + 1, most_); ++k) {
        const double taken = double(k) / entered;
        by_f = by_f + taken * (before[k - 1] * adjoint[k]);
        adjoint[k - 1] = adjoint[k - 1] + taken * (f * adjoint[k]);
        adjoint[k] = (1.0 - taken) * adjoint[k];
      }
      by_others_[i] += real_of_product(by_f, block.s * others_[i].moments()[1]);
    }
  }

  /// Of Σ_l (−1)^l e^{−clP} E[q(lP)], l ≥ 1 (contour.cpp).
  void subtract_aliases(CountSums& sums) const {
    const double ratio = -std::exp(-decay_per_period);
    double factor = ratio;
    for (int l = 1; std::abs(factor) * l * l > 1e-20; ++l, factor *= ratio) {
      for (std::size_t j = fewest_on_contour; j <= most_; ++j) {
        if (sums.counts(j)) add_quadratic(unit_, -factor, unit_.bias + l * line_.period, 1.0, j, sums);
      }
    }
  }

  const OutputUnit& unit_;
  ContourLine line_;
  ExponentialSequence bias_;
  ExponentialOnLine<3> own_;
  std::vector<ExponentialOnLine<2>> others_;
  std::size_t most_;
  std::vector<ComplexLanes> before_;  // ē before each feature
  std::vector<ComplexLanes> mean_;    // ē_k
  std::vector<LaneError> value_;
  std::vector<LaneError> by_bias_;
  Lanes by_own_{};
  std::vector<Lanes> by_others_;
  double modulus_ = 0.0;
  std::size_t blocks_ = 0;
};

/// E_j and its slopes of the features that are heard, with weights.
void gather(const OutputUnit& heard, const ContourOptions& options, CountSums& sums) {
  if (heard.law.is_constant()) return gather_constant(heard, sums);
  add_few(heard, sums);
  std::size_t most = sums.others();
  while (most >= fewest_on_contour && !sums.counts(most)) --most;
  if (most < fewest_on_contour) return;
  const Support support = support_of(heard);
  if (support.least < 0.0 && support.greatest > 0.0) {
    const double span = std::max(support.greatest, -support.least) * (1.0 + 4.0 * rounding);
    CountGradientContour(heard, span, most).integrate(options, sums);
    return;
  }
  for (std::size_t j = fewest_on_contour; j <= most; ++j) {
    if (!sums.counts(j)) continue;
    if (support.least >= 0.0) {
      add_quadratic(heard, 1.0, heard.bias, 0.0, j, sums);
    } else {
      sums.value[j].active += scaled_moment(heard.law, 1.0, 2);
    }
  }
}

using Gather = std::function<void(const OutputUnit& heard, CountSums& sums)>;

/// The gradient of the whole unit from that of the others that are heard.
UnitGradient of_heard(const OutputUnit& unit, const ErrorWeights& weights, std::size_t K, const Gather& add) {
  OutputUnit possible = unit;
  possible.density.setOnes();
  const std::vector<bool> silent = silent_others(possible);
  const OutputUnit heard = without_silent(possible, silent);
  const auto all = std::size_t(unit.others.size());
  const auto few = std::size_t(heard.others.size());
  // Of `count` active of `among`, how many are heard.
  const auto share = [&](double weight, std::size_t among, std::size_t count) {
    std::vector<double> shares(few + 1, 0.0);
    if (weight != 0.0 && count <= among) shares = heard_given_all(few, among, count);
    for (double& one : shares) one *= weight;
    return shares;
  };
  const auto n_active = [&](double weight, std::size_t count) { return share(weight, all, count); };
  CountSums sums(n_active(weights.inactive, K), K > 0 ? n_active(weights.active, K - 1) : share(0.0, all, 0));
  add(heard, sums);

  UnitGradient gradient;
  gradient.uncertainty = sums.uncertainty;
  gradient.by_own = sums.by_own;
  gradient.nodes = sums.nodes;
  for (std::size_t j = 0; j <= few; ++j) {
    if (weights.inactive != 0.0) {
      gradient.expected.inactive += sums.of_inactive[j] / weights.inactive * sums.value[j].inactive;
    }
    if (weights.active != 0.0) {
      gradient.expected.active += sums.of_active[j] / weights.active * sums.value[j].active;
    }
    gradient.by_bias += weighed(sums, j, sums.by_bias[j]);
  }
  // A silent other is active with probability K/all, and then one fewer of the rest are.
  double by_silent = 0.0;
  if (few < all) {
    const auto add_silent = [&](double weight, std::size_t count, auto slope) {
      if (count == 0 || weight == 0.0) return;
      const std::vector<double> shares = share(weight * double(count) / double(all), all - 1, count - 1);
      for (std::size_t j = 0; j <= few; ++j) {
        if (shares[j] != 0.0) by_silent += scaled_moment(unit.law, shares[j], 1) * slope(sums.by_bias[j]);
      }
    };
    add_silent(weights.inactive, K, [](const OutputError& slope) { return slope.inactive; });
    if (K > 0) add_silent(weights.active, K - 1, [](const OutputError& slope) { return slope.active; });
  }
  gradient.by_others.resize(unit.others.size());
  Eigen::Index next = 0;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    gradient.by_others[i] = silent[std::size_t(i)] ? by_silent : sums.by_others[next++];
  }
  return gradient;
}

}  // namespace

UnitGradient count_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights, std::size_t K,
                                 const ContourOptions& options) {
  return of_heard(unit, weights, K,
                  [&](const OutputUnit& heard, CountSums& sums) { gather(heard, options, sums); });
}

UnitGradient linear_count_gradient(const OutputUnit& unit, const ErrorWeights& weights, std::size_t K) {
  return of_heard(unit, weights, K, [](const OutputUnit& heard, CountSums& sums) {
    for (std::size_t j = 0; j <= sums.others(); ++j) {
      if (sums.counts(j)) add_quadratic(heard, 1.0, heard.bias, 0.0, j, sums);
    }
  });
}

}  // namespace digon
