#include "theory/engine/constant_sum.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

/// One subset of a half: its sum, its weight and which features are in it, a bit each.
struct Subset {
  double y = 0.0;
  double w = 1.0;
  std::uint32_t members = 0;
};

/// Some subsets of a half in rising order of y, and the moments Σ w y^r, r = 0, 1, 2, of the last so many.
struct SortedSums {
  std::vector<Subset> subsets;
  std::vector<Moments> above;  ///< entry k: over subsets k …

  void gather() {
    above.assign(subsets.size() + 1, {});
    using Sum = long double;  // of 2^20 terms
    Sum m0 = 0;
    Sum m1 = 0;
    Sum m2 = 0;
    for (std::size_t k = subsets.size(); k-- > 0;) {
      const auto& [y, w, members] = subsets[k];
      m0 += Sum(w);
      m1 += Sum(w * y);
      m2 += Sum(w * y * y);
      above[k] = {{double(m0), double(m1), double(m2)}};
    }
  }
};

/// A half's subsets by number of members, or all in entry 0.
using Half = std::vector<SortedSums>;

/// The union, in order.
std::vector<Subset> merged(const std::vector<Subset>& a, const std::vector<Subset>& b) {
  std::vector<Subset> all(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), all.begin(),
             [](const Subset& one, const Subset& other) { return one.y < other.y; });
  return all;
}

/// Each subset with one feature more, which multiplies its weight.
std::vector<Subset> with_feature(const std::vector<Subset>& subsets, std::size_t feature, double y,
                                 double w) {
  std::vector<Subset> grown = subsets;
  for (Subset& one : grown) one = {one.y + y, one.w * w, one.members | (std::uint32_t{1} << feature)};
  return grown;
}

void scale(std::vector<Subset>& subsets, double w) {
  for (Subset& one : subsets) one.w *= w;
}

/// Of independent features.
Half half_of(const Eigen::VectorXd& y, const Eigen::VectorXd& density) {
  std::vector<Subset> all(1);
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    std::vector<Subset> on = with_feature(all, std::size_t(i), y[i], density[i]);
    if (density[i] == 1.0) {
      all = std::move(on);
    } else {
      scale(all, 1.0 - density[i]);
      all = merged(all, on);
    }
  }
  Half half(1);
  half[0].subsets = std::move(all);
  half[0].gather();
  return half;
}

/// By number of members, each subset of weight 1.
Half half_by_count(const Eigen::VectorXd& y) {
  Half half(std::size_t(y.size()) + 1);
  half[0].subsets.resize(1);
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    for (std::size_t k = std::size_t(i) + 1; k > 0; --k) {
      half[k].subsets = merged(half[k].subsets, with_feature(half[k - 1].subsets, std::size_t(i), y[i], 1.0));
    }
  }
  for (SortedSums& sums : half) sums.gather();
  return half;
}

/// E[max(t + y, 0)^r; …] for r = 0, 1, 2, as moments of what is above 0.
struct Above {
  double on = 0.0;
  double mean = 0.0;
  double square = 0.0;
  double size = 0.0;  ///< of the terms of the square

  void add(double w, double T, const Moments& m) {
    on += w * m.m[0];
    mean += w * (T * m.m[0] + m.m[1]);
    square += w * (T * T * m.m[0] + 2.0 * T * m.m[1] + m.m[2]);
    size += w * (T * T * m.m[0] + 2.0 * std::abs(T * m.m[1]) + m.m[2]);
  }
};

/// Calls visit(subset of a, T = t + y_A, moments of the y_B of b above −T), each subset once.
template <typename Visit>
void meet(const SortedSums& a, const SortedSums& b, double t, Visit visit) {
  std::size_t first = b.subsets.size();  // of b above −T: falls as T rises
  for (const Subset& one : a.subsets) {
    const double T = t + one.y;
    while (first > 0 && T + b.subsets[first - 1].y > 0.0) --first;
    visit(one, T, b.above[first]);
  }
}

Above above_zero(const SortedSums& a, const SortedSums& b, double t) {
  Above sum;
  meet(a, b, t, [&](const Subset& one, double T, const Moments& m) { sum.add(one.w, T, m); });
  return sum;
}

/// Adds Σ weight over the subsets that have a feature, to each feature's entry; `by_members` is spent.
void add_by_member(std::vector<double>& by_members, double factor, Eigen::Ref<Eigen::VectorXd> by_feature) {
  std::size_t count = by_members.size();
  for (Eigen::Index i = by_feature.size(); i-- > 0;) {  // the highest bit: the upper half, folded away
    count /= 2;
    double with = 0.0;
    for (std::size_t k = 0; k < count; ++k) {
      with += by_members[count + k];
      by_members[k] += by_members[count + k];
    }
    by_feature[i] += factor * with;
  }
}

/// A unit in two halves.
struct Halves {
  Eigen::Index first = 0;  ///< features of the first
  Half a;
  Half b;

  explicit Halves(const OutputUnit& unit) : first(unit.others.size() / 2) {
    const Eigen::VectorXd y = unit.law.least * unit.others;
    a = half_of(y.head(first), unit.density.head(first));
    b = half_of(y.tail(y.size() - first), unit.density.tail(y.size() - first));
  }
};

/// Adds ∂F/∂g_i of the features of `a`, c E[q'; i on]: q is q₀ = w₀ max(t₀ + y, 0)² and q₁ = w₁ (c − max(t₁ +
/// y, 0))².
void add_gradient(const SortedSums& a, const SortedSums& b, const ErrorWeights& weights, double t0, double t1,
                  double c, Eigen::Ref<Eigen::VectorXd> by_g) {
  std::vector<double> slope(std::size_t{1} << std::size_t(by_g.size()), 0.0);
  meet(a, b, t0, [&](const Subset& one, double T, const Moments& m) {
    slope[one.members] += 2.0 * weights.inactive * one.w * (T * m.m[0] + m.m[1]);
  });
  meet(a, b, t1, [&](const Subset& one, double T, const Moments& m) {
    slope[one.members] += 2.0 * weights.active * one.w * ((T - c) * m.m[0] + m.m[1]);
  });
  add_by_member(slope, c, by_g);
}

void require_few(Eigen::Index others) {
  if (others > most_in_the_middle) {
    reject("values: an output hears {} other features of a constant value; the exact sum accepts {}", others,
           most_in_the_middle);
  }
}

}  // namespace

UnitGradient constant_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights) {
  require_few(unit.others.size());
  const Halves halves(unit);
  const SortedSums& a = halves.a[0];
  const SortedSums& b = halves.b[0];
  const double c = unit.law.least;
  const double t0 = unit.bias;
  const double t1 = unit.bias + unit.own * c;
  const Above off = above_zero(a, b, t0);
  const Above on = above_zero(a, b, t1);
  UnitGradient gradient;
  gradient.expected = {off.square, c * c - 2.0 * c * on.mean + on.square};
  const double by_t1 = 2.0 * weights.active * (on.mean - c * on.on);
  gradient.by_bias = 2.0 * weights.inactive * off.mean + by_t1;
  gradient.by_own = c * by_t1;
  gradient.by_others = Eigen::VectorXd::Zero(unit.others.size());
  add_gradient(a, b, weights, t0, t1, c, gradient.by_others.head(halves.first));
  add_gradient(b, a, weights, t0, t1, c, gradient.by_others.tail(unit.others.size() - halves.first));
  gradient.uncertainty =
      4.0 * rounding *
      (weights.inactive * off.size + weights.active * (c * c + 2.0 * std::abs(c) * on.mean + on.size));
  return gradient;
}

void gather_constant(const OutputUnit& heard, CountSums& sums) {
  require_few(heard.others.size());
  const Eigen::Index n = heard.others.size();
  const Eigen::Index first = n / 2;
  const double c = heard.law.least;
  const double t0 = heard.bias;
  const double t1 = heard.bias + heard.own * c;
  const Half a = half_by_count(c * heard.others.head(first));
  const Half b = half_by_count(c * heard.others.tail(n - first));
  for (std::size_t j = 0; j <= std::size_t(n); ++j) {
    if (!sums.counts(j)) continue;
    Above off;
    Above on;
    double patterns = 0.0;
    const auto for_each_pair = [&](auto visit) {
      for (std::size_t i = 0; i < a.size() && i <= j; ++i) {
        if (j - i < b.size()) visit(a[i], b[j - i]);
      }
    };
    for_each_pair([&](const SortedSums& one, const SortedSums& other) {
      meet(one, other, t0, [&](const Subset& s, double T, const Moments& m) { off.add(s.w, T, m); });
      meet(one, other, t1, [&](const Subset& s, double T, const Moments& m) { on.add(s.w, T, m); });
      patterns += double(one.subsets.size()) * double(other.subsets.size());
    });
    const double share = 1.0 / patterns;
    const ErrorWeights weights{share * sums.of_inactive[j], share * sums.of_active[j]};
    sums.value[j] = {share * off.square, c * c + share * (on.square - 2.0 * c * on.mean)};
    sums.by_bias[j] = {2.0 * share * off.mean, 2.0 * share * (on.mean - c * on.on)};
    sums.by_own += sums.of_active[j] * c * sums.by_bias[j].active;
    sums.uncertainty += 4.0 * rounding *
                        (weights.inactive * off.size + sums.of_active[j] * c * c +
                         weights.active * (2.0 * std::abs(c) * on.mean + on.size));
    for_each_pair([&](const SortedSums& one, const SortedSums& other) {
      add_gradient(one, other, weights, t0, t1, c, sums.by_others.head(first));
      add_gradient(other, one, weights, t0, t1, c, sums.by_others.tail(n - first));
    });
  }
}

UnitErrorByCount constant_error_by_count(const OutputUnit& unit) {
  return by_heard_count(unit, [](const OutputUnit& heard, std::size_t& /*nodes*/) {
    require_few(heard.others.size());
    const Eigen::Index n = heard.others.size();
    const Eigen::Index first = n / 2;
    const double c = heard.law.least;
    const Half a = half_by_count(c * heard.others.head(first));
    const Half b = half_by_count(c * heard.others.tail(n - first));
    std::vector<Above> off(std::size_t(n) + 1);
    std::vector<Above> on(std::size_t(n) + 1);
    std::vector<double> patterns(std::size_t(n) + 1, 0.0);
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t k = 0; k < b.size(); ++k) {
        const auto add = [&](double t, Above& sum) {
          meet(a[i], b[k], t, [&](const Subset& one, double T, const Moments& m) { sum.add(one.w, T, m); });
        };
        add(heard.bias, off[i + k]);
        add(heard.bias + heard.own * c, on[i + k]);
        patterns[i + k] += double(a[i].subsets.size()) * double(b[k].subsets.size());
      }
    }
    std::vector<ExpectedError> errors;
    for (std::size_t k = 0; k <= std::size_t(n); ++k) {
      const double share = 1.0 / patterns[k];
      errors.push_back({{share * off[k].square, c * c + share * (on[k].square - 2.0 * c * on[k].mean)},
                        {4.0 * rounding * share * off[k].size,
                         4.0 * rounding * (c * c + share * (on[k].size + 2.0 * std::abs(c) * on[k].mean))}});
    }
    return errors;
  });
}

}  // namespace digon
