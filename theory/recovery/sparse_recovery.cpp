#include "theory/recovery/sparse_recovery.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/algebra/dense_solvers.hpp"
#include "theory/recovery/chosen_columns.hpp"

namespace digon {
namespace {

constexpr double correlation_rounding = 1e-11;  // of ‖w_i‖‖h‖, below which a correlation is 0

Eigen::VectorXd lengths(const Eigen::MatrixXd& W) {
  return W.colwise().norm().transpose();
}

/// Lets x, which is at the chosen columns, go towards z as far as no entry falls below 0, and lets go of the
/// columns that are 0 then.
Eigen::VectorXd step_towards(const Eigen::VectorXd& x, const Eigen::VectorXd& z, ChosenColumns& chosen) {
  double share = 1.0;
  Eigen::Index first = 0;
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    if (z[i] > 0.0) continue;
    const double to_zero = x[i] / (x[i] - z[i]);
    if (to_zero < share || i == 0) first = i;
    share = std::min(share, to_zero);
  }
  const Eigen::VectorXd moved = x + share * (z - x);
  std::vector<double> kept;
  for (Eigen::Index i = z.size() - 1; i >= 0; --i) {
    const bool gone = z[i] <= 0.0 && (i == first || moved[i] <= 0.0);
    if (gone) {
      chosen.remove(std::size_t(i));
    } else {
      kept.push_back(moved[i]);
    }
  }
  std::reverse(kept.begin(), kept.end());
  return Eigen::Map<const Eigen::VectorXd>(kept.data(), Eigen::Index(kept.size()));
}

/// What ends a piece of the path: λ has fallen by `step`, and a column enters with a sign, or one leaves.
struct PathChange {
  double step = 0.0;
  Eigen::Index enters = -1;
  double sign = 0.0;
  std::optional<std::size_t> leaves = {};
};

/// The minimiser of ½‖h − Wx‖² + λ‖x‖₁ as λ falls. Of the chosen columns w_i·(h − Wx) = λ sign x_i; of the
/// others it is nearer to 0. As λ falls by γ, x_S rises by γ d, d = (W_SᵀW_S)⁻¹ sign x_S, and each w_i·(h −
/// Wx) falls by γ w_i·ν, ν = W_S d.
struct Homotopy {
  const Eigen::MatrixXd& W;
  const Eigen::VectorXd& h;
  Signs signs;
  ChosenColumns chosen;
  Eigen::VectorXd x;
  Eigen::VectorXd sign;
  Eigen::VectorXd c;  // W^T(h - Wx)
  double lambda = 0.0;
  double least = 0.0;  // λ at which the path ends: 1e-9 of the first
  int fallen = 0;

  Homotopy(const Eigen::MatrixXd& W_, const Eigen::VectorXd& h_, Signs signs_)
      : W(W_),
        h(h_),
        signs(signs_),
        chosen(W),
        x(Eigen::VectorXd::Zero(W.cols())),
        sign(x),
        c(W.transpose() * h) {
    Eigen::Index first = 0;
    lambda = signs == Signs::any ? c.cwiseAbs().maxCoeff(&first) : c.maxCoeff(&first);
    if (!(lambda > 0.0)) return;
    least = 1e-9 * lambda;
    sign[first] = c[first] > 0.0 ? 1.0 : -1.0;
    chosen.add(first);
  }

  [[nodiscard]] Eigen::VectorXd direction() const {
    Eigen::VectorXd of_chosen(static_cast<Eigen::Index>(chosen.count()));
    for (std::size_t k = 0; k < chosen.count(); ++k) of_chosen[Eigen::Index(k)] = sign[chosen.columns()[k]];
    return chosen.solve_gram(of_chosen);
  }

  /// The first change as λ falls; columns in the span of the chosen ones stay at their share of λ. Where h is
  /// in the span of the chosen, rounding alone makes columns come and go as λ goes to 0.
  [[nodiscard]] PathChange next_change(const Eigen::VectorXd& d, const Eigen::VectorXd& falls) const {
    constexpr double parallel = 1e-9;
    PathChange change{lambda - least};
    const auto offer = [&](Eigen::Index i, double as) {
      const double closes = 1.0 - as * falls[i];
      if (closes <= parallel) return;
      const double reached = std::max(0.0, lambda - as * c[i]) / closes;
      if (reached < change.step) change = {reached, i, as};
    };
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      if (chosen.has(i)) continue;
      offer(i, 1.0);
      if (signs == Signs::any) offer(i, -1.0);
    }
    for (std::size_t k = 0; k < chosen.count(); ++k) {
      const Eigen::Index i = chosen.columns()[k];
      const double towards = -sign[i] * d[Eigen::Index(k)];
      if (towards <= 0.0) continue;
      const double reached = sign[i] * x[i] / towards;
      if (reached < change.step) change = {reached, -1, 0.0, k};
    }
    if (change.enters < 0 && !change.leaves) change.step = lambda;
    return change;
  }

  void follow(const Eigen::VectorXd& d, const Eigen::VectorXd& falls, const PathChange& change) {
    x += change.step * chosen.spread(d);
    c -= change.step * falls;
    lambda -= change.step;
    if (change.leaves) {
      const Eigen::Index i = chosen.columns()[*change.leaves];
      x[i] = sign[i] = 0.0;
      chosen.remove(*change.leaves);
    } else if (change.enters >= 0 && chosen.add(change.enters)) {
      sign[change.enters] = change.sign;
    }
    constexpr int most_falls = 32;  // rounding adds up
    if (++fallen % most_falls == 0) c = W.transpose() * (h - W * x);
  }
};

}  // namespace

Eigen::VectorXd nonnegative_least_squares(const Eigen::MatrixXd& W, const Eigen::VectorXd& h) {
  const Eigen::VectorXd length = lengths(W);
  const double zero = correlation_rounding * h.norm();
  ChosenColumns chosen(W);
  Eigen::VectorXd x;  // at the chosen columns
  Eigen::VectorXd left = h;
  std::vector<char> in_vain(std::size_t(W.cols()), 0);  // columns that rounding alone recommends
  for (;;) {
    const Eigen::VectorXd g = W.transpose() * left;
    Eigen::Index best = -1;
    for (Eigen::Index i = 0; i < g.size(); ++i) {
      if (chosen.has(i) || in_vain[std::size_t(i)] != 0 || g[i] <= zero * length[i]) continue;
      if (best < 0 || g[i] > g[best]) best = i;
    }
    if (best < 0) break;
    in_vain[std::size_t(best)] = 1;
    if (!chosen.add(best)) continue;
    Eigen::VectorXd z = chosen.solve_gram(chosen.products(h));
    if (z[z.size() - 1] <= 0.0) {
      chosen.remove(chosen.count() - 1);
      continue;
    }
    x.conservativeResize(z.size());
    x[z.size() - 1] = 0.0;
    while (z.size() > 0 && z.minCoeff() <= 0.0) {
      x = step_towards(x, z, chosen);
      z = chosen.solve_gram(chosen.products(h));
    }
    const Eigen::VectorXd next = h - chosen.combine(z);
    const bool lower = next.squaredNorm() < left.squaredNorm();
    x = z;
    left = next;
    if (!lower) break;
    std::fill(in_vain.begin(), in_vain.end(), 0);
  }
  return chosen.spread(x);
}

double nonnegative_violation(const Eigen::MatrixXd& W, const Eigen::VectorXd& h, const Eigen::VectorXd& x) {
  const Eigen::VectorXd g = W.transpose() * (h - W * x);
  const Eigen::VectorXd length = lengths(W);
  const double size = h.norm();
  double worst = 0.0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (!(length[i] > 0.0)) continue;
    const double slope = g[i] / (length[i] * size);
    worst = std::max({worst, -x[i] * length[i] / size, x[i] > 0.0 ? std::abs(slope) : slope});
  }
  return worst;
}

L1Solution least_l1(const Eigen::MatrixXd& W, const Eigen::VectorXd& h, Signs signs) {
  L1Solution found{Eigen::VectorXd::Zero(W.cols()), Eigen::VectorXd::Zero(W.rows())};
  Homotopy path(W, h, signs);
  for (Eigen::Index steps = 0; path.lambda > 0.0 && steps < 20 * W.cols(); ++steps) {
    const Eigen::VectorXd d = path.direction();
    found.dual = path.chosen.combine(d);
    const Eigen::VectorXd falls = W.transpose() * found.dual;
    path.follow(d, falls, path.next_change(d, falls));
  }
  found.x = path.x;
  return found;
}

double l1_violation(const Eigen::MatrixXd& W, const Eigen::VectorXd& h, const L1Solution& found,
                    Signs signs) {
  const Eigen::VectorXd slopes = W.transpose() * found.dual;
  const double norm = found.x.lpNorm<1>();
  const double steepest = signs == Signs::any ? slopes.cwiseAbs().maxCoeff() : slopes.maxCoeff();
  const double below = signs == Signs::any ? 0.0 : -found.x.minCoeff() / norm;
  return std::max({(h - W * found.x).norm() / h.norm(), steepest - 1.0, below,
                   std::abs(norm - h.dot(found.dual)) / norm});
}

Eigen::VectorXd orthogonal_matching_pursuit(const Eigen::MatrixXd& W, const Eigen::VectorXd& h,
                                            Eigen::Index k, Signs signs) {
  constexpr double settled = 1e-10;
  const Eigen::VectorXd length = lengths(W);
  const double size = h.norm();
  ChosenColumns chosen(W);
  Eigen::VectorXd x;
  Eigen::VectorXd left = h;
  while (Eigen::Index(chosen.count()) < k && left.norm() > settled * size) {
    const Eigen::VectorXd c = W.transpose() * left;
    Eigen::Index best = -1;
    double most = 0.0;
    for (Eigen::Index i = 0; i < c.size(); ++i) {
      const double size_of_c = signs == Signs::any ? std::abs(c[i]) : c[i];
      if (chosen.has(i) || size_of_c <= most || size_of_c <= correlation_rounding * size * length[i])
        continue;
      best = i;
      most = size_of_c;
    }
    if (best < 0 || !chosen.add(best)) break;
    x = chosen.solve_gram(chosen.products(h));
    if (signs == Signs::nonnegative && x.minCoeff() < 0.0) {
      x = nonnegative_least_squares(W(Eigen::all, chosen.columns()), h);
    }
    left = h - chosen.combine(x);
  }
  return chosen.spread(x);
}

Eigen::VectorXd recover_on_support(const Eigen::MatrixXd& W, const Eigen::VectorXd& h,
                                   const std::vector<Eigen::Index>& support, double mean) {
  Eigen::VectorXd x = Eigen::VectorXd::Zero(W.cols());
  if (support.empty()) return x;
  const Eigen::MatrixXd on = W(Eigen::all, support);
  const Eigen::VectorXd expected = Eigen::VectorXd::Constant(on.cols(), mean);
  x(support) = expected + least_norm_solution(on, h - on * expected, 1e-10);
  return x;
}

}  // namespace digon
