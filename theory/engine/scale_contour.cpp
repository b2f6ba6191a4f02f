#include "theory/engine/scale_contour.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace digon {
namespace {

/// Fewer features than this are as cheap one by one.
constexpr std::size_t fewest_together = 8;

/// The greatest |s g|/radius at which they are taken together.
constexpr double greatest_together = 0.6;

/// Power series of N coefficients as the elements of a count chain.
template <std::size_t N>
struct SeriesAlgebra {
  using Element = std::array<double, N>;

  [[nodiscard]] static Element zero() { return {}; }
  [[nodiscard]] static Element add_real(double u, Element a) {
    a[0] += u;
    return a;
  }
  [[nodiscard]] static Element scale(double u, Element a) {
    for (double& coefficient : a) coefficient *= u;
    return a;
  }
  [[nodiscard]] static Element add(Element a, const Element& b) {
    for (std::size_t d = 0; d < N; ++d) a[d] += b[d];
    return a;
  }
  [[nodiscard]] static Element multiply(const Element& a, const Element& b) { return digon::multiply(a, b); }
  [[nodiscard]] static Element multiply_transposed(const Element& a, const Element& c) {
    return digon::multiply_transposed(a, c);
  }
};

}  // namespace

ScaleContour::ScaleContour(const SortedFeatures& features, CountedScale scale, double period,
                           const PowerPoints& points, const ScratchVector<std::size_t>& chosen)
    : features_(features),
      scale_(scale),
      line_(period),
      points_(points),
      chosen_(chosen),
      chain_(scale.least, scale.counted - scale.first),
      small_(features.g, features.cumulants, features.size(), cumulants_on_contour),
      small_by_g_(Eigen::VectorXd::Zero(features.g.size())),
      own_(features.law, features.own),
      inverse_powers_(std::size_t(points.highest()) + 2),
      weight_of_power_(std::size_t(points.highest()) + 1, 0.0),
      size_of_power_(std::size_t(points.highest()) + 1, 0.0) {
  int lowest_weighed = points.highest();
  for (const std::size_t k : chosen) {
    shifts_.emplace_back(points.t(k));
    const double own = points.with_own() ? support(features.law, features.own).greatest : 0.0;
    const double size = std::exp(line_.c * (points.t(k) + own));
    for (int e = -1; e <= points.last_e(); ++e) {
      for (int r = points.lowest(e); r <= points.highest(e); ++r) {
        weights_.push_back(points.weight(k, e, r) * factorial(r));
        const double weight = std::abs(weights_.back());
        if (weight == 0.0) continue;
        lowest_weighed = std::min(lowest_weighed, r);
        size_of_power_[std::size_t(r)] += weight * size;
        weight_of_power_[std::size_t(r)] += weight;
      }
    }
  }
  decay_ = lowest_weighed + scale.least;
  values_.assign(weights_.size(), Lanes{});
}

void ScaleContour::integrate(const ContourOptions& options, PowerPoints& points, PowerSumParts& parts) {
  if (features_.size() - first_uncounted() >= fewest_together) let_be_small(options);
  std::size_t next_check = 2;
  double left = 0.0;
  do {
    add_block();
    left = std::numeric_limits<double>::infinity();
    if (blocks_ < next_check) continue;
    next_check += 1 + blocks_ / 8;
    left = truncation();
  } while (!is_within(options, left, omega()) && blocks_ * lane_count < options.max_nodes);
  flush_small();

  const double node = weight_of_node();
  std::size_t entry = 0;
  for (const std::size_t k : chosen_) {
    for (int e = -1; e <= points.last_e(); ++e) {
      for (int r = points.lowest(e); r <= points.highest(e); ++r) {
        points.value(k, e, r) += node * factorial(r) * sum_of(values_[entry++]);
      }
    }
  }
  for (std::size_t i = 0; i < by_g_.size(); ++i) {
    const std::size_t feature = scale_.first + i;
    parts.by_g[Eigen::Index(feature)] += node * density(feature) * sum_of(by_g_[i]);
  }
  parts.by_g += small_by_g_;
  parts.by_a += node * sum_of(by_a_);
  parts.uncertainty +=
      value_left(truncation(), omega()) + (rounding + left_of_small_) * node * value_magnitude_;
  parts.nodes += blocks_ * lane_count;
  subtract_aliases(points, parts);
}

void ScaleContour::add_block() {
  const NodeBlock block(line_, blocks_);
  regroup(block);
  inverse_powers_[0] = {all_lanes(1.0), Lanes{}};
  for (std::size_t d = 1; d < inverse_powers_.size(); ++d) {
    inverse_powers_[d] = inverse_powers_[d - 1] * block.inverse_s;
  }

  ComplexLanes product = chain_.run(LaneAlgebra{}, single_.size(), [&](std::size_t i) {
    const double p = density(scale_.first + i);
    single_[i].next();
    return LaneChain::Factor{1.0 - p, p * single_[i].moments<1>(block)[0]};
  });
  ComplexLanes small_factor = inverse_powers_[0];
  const ComplexLanes u = small_.gamma() * block.s;
  if (!small_.empty()) {
    ComplexLanes log_factor{all_lanes(small_.cumulants()[cumulants_on_contour]), Lanes{}};
    for (std::size_t d = cumulants_on_contour; d-- > 1;) {
      log_factor = small_.cumulants()[d] + u * log_factor;
    }
    small_factor = exponential(u * log_factor);
    product = small_factor * product;
  }

  ComplexLanes by_y;  // Σ weight r!/s^r e^{st} M_e
  add_points(block, product, by_y);
  ComplexLanes term = by_y * product;
  gather_magnitude(block, product, term);
  if (!small_.empty()) {
    for (std::size_t d = 1; d <= cumulants_on_contour; ++d) {
      small_T_[d] += term.re;
      term = u * term;
    }
  }
  back_propagate(block, small_factor * by_y);
  ++blocks_;
}

/// What features may leave out that are taken together: cumulants from the d-th on, which change their factor
/// by no more than Σ_i (|s g_i|/radius_i)^d/(1 − greatest_together), and its derivatives by g_i by d/|g_i| of
/// that.
void ScaleContour::let_be_small(const ContourOptions& options) {
  constexpr double share = 0.01;  // of the tolerances
  constexpr int left_out = cumulants_on_contour + 1;
  // |e^{st} E[e^{sy}]| ≤ e^{cP}, and F and ∂F/∂t about that times Σ weight r!/c^r and c times it.
  double F = 0.0;
  for (std::size_t r = weight_of_power_.size(); r-- > 1;) F = (weight_of_power_[r] + F) / line_.c;
  F *= std::exp(decay_per_period);
  const double allowed =
      share * std::min(options.tolerance / F, options.slope_tolerance / (left_out * line_.c * F));
  left_of_small_ = std::min(allowed, whole_power(greatest_together, left_out) / (1.0 - greatest_together));

  largest_ = std::abs(features_.g[Eigen::Index(scale_.first)]);
  beyond_.resize(features_.size() + 1);
  beyond_.back() = 0.0;
  for (std::size_t i = features_.size(); i-- > first_uncounted();) {
    const double g = std::abs(features_.g[Eigen::Index(i)]) / largest_;
    beyond_[i] = beyond_[i + 1] + whole_power(g / features_.cumulants[i]->radius, left_out);
  }
}

/// Takes the features that are small up to the next power of two of |s| together, the others one by one.
void ScaleContour::regroup(const NodeBlock& block) {
  const bool begins = blocks_ == 0;
  if (!begins && blocks_ % blocks_between_starts == 0) {
    CouplingOnLine::start(single_, 0, line_, blocks_);
  }
  if (!begins && block.greatest <= band_end_) return;
  flush_small();
  band_end_ = (begins ? 1.0 : 2.0) * block.greatest;
  std::size_t cut = features_.size();
  if (!beyond_.empty()) {
    const double allowed = (1.0 - greatest_together) * left_of_small_ /
                           whole_power(largest_ * band_end_, cumulants_on_contour + 1);
    cut = std::max(first_uncounted(), scale_.first + single_.size());
    while (cut < features_.size() && beyond_[cut] > allowed) ++cut;
    if (features_.size() - cut < fewest_together) cut = features_.size();
  }
  const std::size_t old = single_.size();
  single_.reserve(cut - scale_.first);
  while (scale_.first + single_.size() < cut) {
    single_.emplace_back(features_.law, features_.g[Eigen::Index(scale_.first + single_.size())]);
  }
  CouplingOnLine::start(single_, old, line_, blocks_);
  by_g_.resize(single_.size(), Lanes{});
  small_ = SmallSum(features_.g, features_.cumulants, cut, cumulants_on_contour);
}

void ScaleContour::flush_small() {
  if (small_.empty()) return;
  PowerSeries T{};
  for (std::size_t d = 1; d <= cumulants_on_contour; ++d) T[d] = weight_of_node() * sum_of(small_T_[d]);
  small_.add_gradient(T, small_by_g_);
  small_T_.fill(Lanes{});
}

/// Adds the points' terms; gives Σ weight r!/s^r e^{st} M_e.
void ScaleContour::add_points(const NodeBlock& block, const ComplexLanes& product, ComplexLanes& by_y) {
  const std::array<ComplexLanes, 3>* own = points_.with_own() ? &own_.next(block) : nullptr;
  std::size_t entry = 0;
  for (ExponentialSequence& t : shifts_) {
    t.next(block);
    const ComplexLanes& shift = t.exponential();
    for (int e = -1; e <= points_.last_e(); ++e) {
      const ComplexLanes with_own = e < 0 ? shift : shift * (*own)[std::size_t(e)];
      const ComplexLanes term = with_own * product;
      ComplexLanes kernel;
      for (int r = points_.lowest(e); r <= points_.highest(e); ++r, ++entry) {
        values_[entry] += real_of_product(term, inverse_powers_[std::size_t(r) + 1]);
        kernel = kernel + weights_[entry] * inverse_powers_[std::size_t(r)];
      }
      by_y = by_y + with_own * kernel;
      if (e >= 0) by_a_ += real_of_product(shift * (*own)[std::size_t(e) + 1] * kernel, product);
    }
  }
}

/// Derivatives by the couplings of single_, from the adjoint of the product of their factors.
void ScaleContour::back_propagate(const NodeBlock& block, const ComplexLanes& adjoint) {
  ComplexLanes slope;
  chain_.run_back(
      LaneAlgebra{}, adjoint,
      [&](std::size_t i) {
        const double p = density(scale_.first + i);
        const auto moments = single_[i].moments<2>(block);
        slope = moments[1];
        return LaneChain::Factor{1.0 - p, p * moments[0]};
      },
      [&](std::size_t i, const ComplexLanes& by_f) { by_g_[i] += real_of_product(by_f, slope); });
}

void ScaleContour::gather_magnitude(const NodeBlock& block, const ComplexLanes& product,
                                    const ComplexLanes& term) {
  const Lanes inverse_square =
      block.inverse_s.re * block.inverse_s.re + block.inverse_s.im * block.inverse_s.im;
  const Lanes square = product.re * product.re + product.im * product.im;
  double magnitude = 0.0;
  for (std::size_t k = 0; k < lane_count; ++k) {
    const double inverse_s = std::sqrt(inverse_square[k]);
    double kernel = 0.0;
    for (std::size_t r = size_of_power_.size(); r-- > 0;) kernel = size_of_power_[r] + inverse_s * kernel;
    const double size = kernel * std::sqrt(square[k]);
    magnitude += size;
    value_magnitude_ += size * inverse_s;
  }
  magnitudes_.push_back(magnitude);
  const std::complex<double> sum = partial_sums_.empty() ? 0.0 : partial_sums_.back();
  partial_sums_.push_back(sum + std::complex<double>(sum_of(term.re), sum_of(term.im)));
}

/// An estimate of what the terms of ∂F/∂t beyond the last node add up to. Over the last octave of |s| their
/// moduli sum to A, and from there on fall at least like |s|^{−decay}: at most A/(2^{decay−1} − 1) is left,
/// without regard to their oscillation. With regard to it, what is left is 2^−decay of what the last octave
/// still moved the partial sums by; four times that is allowed, and that they stood still for a moment is not
/// believed: the estimate falls at most twice as steeply as the terms.
double ScaleContour::truncation() {
  const std::size_t half = blocks_ / 2;
  double moduli = 0.0;
  for (std::size_t b = half; b < blocks_; ++b) moduli += magnitudes_[b];
  double estimate = moduli / std::max(std::exp2(decay_ - 1) - 1.0, 1.0);
  constexpr std::size_t fewest_to_oscillate = 4;
  if (blocks_ >= fewest_to_oscillate) {
    double moved = 0.0;  // squared
    for (std::size_t b = half - 1; b < blocks_; ++b) {
      moved = std::max(moved, std::norm(partial_sums_[b] - partial_sums_.back()));
    }
    const double fallen = whole_power(double(oscillation_blocks_) / double(blocks_), 2 * decay_);
    oscillation_ = std::max(4.0 * std::exp2(-decay_) * std::sqrt(moved), fallen * oscillation_);
    oscillation_blocks_ = blocks_;
    estimate = std::min(estimate, oscillation_);
  }
  return weight_of_node() * estimate;
}

void ScaleContour::subtract_aliases(PowerPoints& points, PowerSumParts& parts) const {
  const int degree = points.highest();
  if (degree < 4) return subtract_aliases_in<4>(points, parts);
  if (degree < 6) return subtract_aliases_in<6>(points, parts);
  if (degree < 8) return subtract_aliases_in<8>(points, parts);
  if (degree < 16) return subtract_aliases_in<16>(points, parts);
  subtract_aliases_in<highest_power + 1>(points, parts);
}

template <std::size_t N>
void ScaleContour::subtract_aliases_in(PowerPoints& points, PowerSumParts& parts) const {
  // The transform of the patterns summed, as a power series: its coefficients are E[y^d; …]/d!.
  const int degree = points.highest();
  using Chain = CountChain<SeriesAlgebra<N>>;
  using Series = std::array<double, N>;
  const SeriesAlgebra<N> algebra;
  Series transform{};  // of one active feature
  for (int d = 0; d <= degree; ++d) {
    transform[std::size_t(d)] = transform_coefficient(features_.law, 1.0, d);
  }
  // Where patterns need not be counted, all features are a sum of cumulants.
  const std::size_t counted = first_uncounted() - scale_.first;
  ScratchVector<Series> active(counted);
  for (std::size_t i = 0; i < counted; ++i) {
    double power = density(scale_.first + i);
    for (std::size_t d = 0; d <= std::size_t(degree); ++d) {
      active[i][d] = power * transform[d];
      power *= features_.g[Eigen::Index(scale_.first + i)];
    }
  }
  Chain chain(scale_.least, counted);
  const auto factor_of = [&](std::size_t i) {
    return typename Chain::Factor{1.0 - density(scale_.first + i), active[i]};
  };
  const Series of_counted = chain.run(algebra, counted, factor_of);
  const SmallSum rest(features_.g, features_.cumulants, scale_.first + counted, degree);
  const PowerSeries rest_in_gamma = digon::exponential(rest.cumulants(), degree);
  Series rest_series{};
  double power = 1.0;
  for (std::size_t d = 0; d <= std::size_t(degree); ++d, power *= rest.gamma()) {
    rest_series[d] = rest_in_gamma[d] * power;
  }
  const Series all = multiply(of_counted, rest_series);

  // Σ_l (−1)^l e^{−clP} (l P)^d
  PowerSeries shifted{};
  const double ratio = -std::exp(-decay_per_period);
  double factor = ratio;
  for (int l = 1; std::abs(factor) * std::pow(l, degree) > 1e-18; ++l, factor *= ratio) {
    double shift_power = factor;
    for (int d = 0; d <= degree; ++d, shift_power *= l * line_.period) shifted[std::size_t(d)] += shift_power;
  }
  Series by_moment{};  // ∂F/∂(E[y^d]/d!)
  const OwnMoments own(features_.law, features_.own, degree);
  std::array<Series, 4> aliases_with_own{};  // by e + 1
  Series at_zero_with_own{};
  for (const std::size_t k : chosen_) {
    Series at_zero{};  // Σ_l … (t + l P)^d
    Series aliases{};  // Σ_l … E[(t + l P + y)^d]
    for (int n = 0; n <= degree; ++n) {
      double t_power = 1.0;
      for (int d = n; d >= 0; --d, t_power *= points.t(k)) {
        at_zero[std::size_t(n)] += binomial(n, d) * t_power * shifted[std::size_t(d)];
      }
      for (int d = 0; d <= n; ++d) {
        aliases[std::size_t(n)] +=
            falling_factorial(n, d) * all[std::size_t(d)] * at_zero[std::size_t(n - d)];
      }
    }
    for (int e = -1; e <= (points.with_own() ? 2 : -1); ++e) {
      own.fill(aliases, e, aliases_with_own[std::size_t(e + 1)]);
    }
    for (int e = -1; e <= points.last_e(); ++e) {
      own.fill(at_zero, e, at_zero_with_own);
      for (int r = points.lowest(e); r <= points.highest(e); ++r) {
        const double weight = points.weight(k, e, r);
        const double value = aliases_with_own[std::size_t(e + 1)][std::size_t(r)];
        points.value(k, e, r) -= value;
        parts.uncertainty += rounding * std::abs(weight * value);
        if (weight == 0.0) continue;
        if (e >= 0 && r > 0)
          parts.by_a -= weight * r * aliases_with_own[std::size_t(e + 2)][std::size_t(r - 1)];
        for (int d = 0; d <= r; ++d) {
          by_moment[std::size_t(d)] -=
              weight * falling_factorial(r, d) * at_zero_with_own[std::size_t(r - d)];
        }
      }
    }
  }

  if (!rest.empty()) {
    PowerSeries T{};
    double gamma_power = 1.0;
    for (int d = 1; d <= degree; ++d, gamma_power *= rest.gamma()) {
      for (int l = 0; l + d <= degree; ++l) {
        T[std::size_t(d)] += gamma_power * by_moment[std::size_t(l) + std::size_t(d)] * all[std::size_t(l)];
      }
    }
    rest.add_gradient(T, parts.by_g);
  }
  chain.run_back(algebra, multiply_transposed(rest_series, by_moment), factor_of,
                 [&](std::size_t i, const Series& by_f) {
                   const std::size_t feature = scale_.first + i;
                   const double g = features_.g[Eigen::Index(feature)];
                   double sum = 0.0;
                   for (int d = 1; d <= degree; ++d)
                     sum += by_f[std::size_t(d)] * d * active[i][std::size_t(d)];
                   parts.by_g[Eigen::Index(feature)] += sum / g;
                 });
}

}  // namespace digon
