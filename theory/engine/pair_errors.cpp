// Let h(δ) = E[q(t + δ + g_i x)], with q either error of output_error.hpp: what one active feature makes of
// it. Another of coupling g makes of that, where x is uniform on [lo, hi] and lo ≤ 0 ≤ hi,
//   E[h(g x)] = (hi m(g hi) − lo m(g lo)) / (hi − lo),   m(δ) = (1/δ) ∫₀^δ h.
// h is a polynomial of degree 4 between at most six knots. On each piece it is interpolated once, and then m
// is known at every δ in it: the integrals over the pieces before, and Gauss' rule over the rest. Errors are
// never below 0, so that nothing cancels.
#include "theory/engine/pair_errors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "theory/numerics/complex_lanes.hpp"

namespace digon {
namespace {

/// Fewer features than this are as cheap pair by pair.
constexpr Eigen::Index fewest_by_pieces = 24;

constexpr std::size_t terms = 5;  // of a polynomial of degree 4
using Chebyshev = std::array<double, terms>;

/// Σ c_d T_d(u) by Clenshaw's recurrence.
template <typename T>
T value_of(const Chebyshev& c, const T& u) {
  const T twice = 2.0 * u;
  const T b3 = c[3] + twice * c[4];
  const T b2 = c[2] + twice * b3 - c[4];
  const T b1 = c[1] + twice * b2 - b3;
  return c[0] + u * b1 - b2;
}

/// h between two knots, and its integral from 0 to the nearer.
struct Piece {
  double near = 0.0;
  double middle = 0.0;
  double inverse_half = 0.0;
  Chebyshev inactive{};
  Chebyshev active{};
  OutputError before;

  /// Adds m(δ).
  template <typename T>
  void add_mean(const T& delta, T& inactive_sum, T& active_sum) const {
    const T length = delta - near;
    T of_inactive{};
    T of_active{};
    for (std::size_t k = 0; k < gauss3.node.size(); ++k) {
      const T u = (length * gauss3.node[k] + (near - middle)) * inverse_half;
      of_inactive += gauss3.weight[k] * value_of(inactive, u);
      of_active += gauss3.weight[k] * value_of(active, u);
    }
    inactive_sum += (before.inactive + length * of_inactive) / delta;
    active_sum += (before.active + length * of_active) / delta;
  }
};

/// T_d at the five points where degree 4 is interpolated.
const std::array<Chebyshev, terms> chebyshev_points = [] {
  std::array<Chebyshev, terms> T{};
  for (std::size_t k = 0; k < terms; ++k) {
    for (std::size_t d = 0; d < terms; ++d) {
      T[k][d] = std::cos(double(d) * (double(k) + 0.5) * std::numbers::pi / double(terms));
    }
  }
  return T;
}();

/// m of many δ, given one active feature.
class MeanOfOne {
 public:
  MeanOfOne(Law law, double t, double a, double g) : law_(law), t_(t), a_(a), g_(g) {}

  /// Adds m(δ) for each δ of a sorted list, none of them 0.
  void add(const std::vector<double>& deltas, double weight, PairErrors& sum) const {
    const auto below = std::size_t(std::lower_bound(deltas.begin(), deltas.end(), 0.0) - deltas.begin());
    OutputError of_deltas;
    if (below < deltas.size()) add_side(deltas, {below, deltas.size()}, of_deltas, sum.size);
    if (below > 0) add_side(deltas, {0, below}, of_deltas, sum.size);
    sum.mean.add(weight, of_deltas);
  }

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// The δ of one sign, from 0 outwards piece by piece.
  void add_side(const std::vector<double>& deltas, Range left, OutputError& sum, OutputError& size) const {
    const bool above = deltas[left.begin] > 0.0;
    const double last = above ? deltas[left.end - 1] : deltas[left.begin];
    OutputError before;
    OutputError largest;
    double near = 0.0;
    for (const double far : cuts_up_to(last)) {
      const Piece piece = interpolate(near, far, before, largest);
      Range here = left;
      if (above) {
        while (left.begin < left.end && deltas[left.begin] <= far) ++left.begin;
        here.end = left.begin;
      } else {
        while (left.end > left.begin && deltas[left.end - 1] >= far) --left.end;
        here.begin = left.end;
      }
      add_means(piece, deltas.data() + here.begin, here.end - here.begin, sum);
      OutputError mean;
      piece.add_mean(far, mean.inactive, mean.active);
      before = {far * mean.inactive, far * mean.active};
      near = far;
    }
    size.add(double(deltas.size()), largest);
  }

  /// The knots of h from 0 to `last`, which is the last.
  [[nodiscard]] std::vector<double> cuts_up_to(double last) const {
    std::vector<double> cuts{last};
    for (const double knot : {0.0, -a_ * law_.least, -a_ * law_.greatest}) {
      for (const double x : {law_.least, law_.greatest}) {
        const double cut = knot - g_ * x - t_;
        if (cut * last > 0.0 && std::abs(cut) < std::abs(last)) cuts.push_back(cut);
      }
    }
    std::sort(cuts.begin(), cuts.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    return cuts;
  }

  [[nodiscard]] Piece interpolate(double near, double far, const OutputError& before,
                                  OutputError& largest) const {
    const double half = 0.5 * (far - near);
    Piece piece{near, near + half, 1.0 / half, {}, {}, before};
    for (const Chebyshev& T : chebyshev_points) {
      const OutputError h = output_error(law_, t_ + (piece.middle + half * T[1]), a_, g_);
      for (std::size_t d = 0; d < terms; ++d) {
        const double share = (d == 0 ? 1.0 : 2.0) / double(terms) * T[d];
        piece.inactive[d] += share * h.inactive;
        piece.active[d] += share * h.active;
      }
      largest = {std::max(largest.inactive, h.inactive), std::max(largest.active, h.active)};
    }
    return piece;
  }

  static void add_means(const Piece& piece, const double* deltas, std::size_t count, OutputError& sum) {
    Lanes inactive{};
    Lanes active{};
    std::size_t k = 0;
    for (; k + lane_count <= count; k += lane_count) {
      const Lanes delta = simd_at(deltas + k);
      piece.add_mean(delta, inactive, active);
    }
    sum.inactive += sum_of(inactive);
    sum.active += sum_of(active);
    for (; k < count; ++k) piece.add_mean(deltas[k], sum.inactive, sum.active);
  }

  Law law_;
  double t_;
  double a_;
  double g_;
};

std::vector<double> sorted_multiples(const Eigen::VectorXd& g, double factor) {
  std::vector<double> multiples;
  for (const double coupling : g) multiples.push_back(coupling * factor);
  std::sort(multiples.begin(), multiples.end());
  return multiples;
}

}  // namespace

PairErrors errors_over_pairs(Law law, double t, double a, const Eigen::VectorXd& g) {
  const Eigen::Index n = g.size();
  const double share = 1.0 / (double(n) * double(n - 1));  // each pair counts twice
  PairErrors sum;
  if (n < fewest_by_pieces || law.least > 0.0 || law.greatest < 0.0) {
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index l = 0; l < i; ++l) sum.mean.add(1.0, output_error(law, t, a, g[i], g[l]));
    }
    sum.mean = {2.0 * share * sum.mean.inactive, 2.0 * share * sum.mean.active};
    return {sum.mean, sum.mean};
  }
  // Over all i and l, less the i = l.
  const std::vector<double> to_greatest = sorted_multiples(g, law.greatest);
  const std::vector<double> to_least = sorted_multiples(g, law.least);
  for (const double coupling : g) {
    const MeanOfOne mean(law, t, a, coupling);
    if (law.greatest > 0.0) mean.add(to_greatest, share * law.greatest / law.width(), sum);
    if (law.least < 0.0) mean.add(to_least, -share * law.least / law.width(), sum);
    sum.mean.add(-share, output_error(law, t, a, coupling, coupling));
  }
  sum.size = {share * sum.size.inactive, share * sum.size.active};
  return sum;
}

}  // namespace digon
