#include "theory/packing/code_descent.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/algebra/dense_solvers.hpp"
#include "theory/packing/soft_maximum.hpp"

namespace digon {
namespace {

/// Orthonormal to a unit vector x: the first m − 1 columns of the reflection that takes x to e_m, one after
/// the other.
void fill_basis(const double* x, std::size_t m, double* basis) {
  double square = 0.0;
  for (std::size_t a = 0; a + 1 < m; ++a) square += x[a] * x[a];
  const double last = x[m - 1] > 0.0 ? -square / (1.0 + x[m - 1]) : x[m - 1] - 1.0;
  const double beta = last == 0.0 ? 0.0 : -1.0 / last;
  for (std::size_t k = 0; k + 1 < m; ++k) {
    for (std::size_t a = 0; a + 1 < m; ++a) basis[k * m + a] = (a == k ? 1.0 : 0.0) - beta * x[k] * x[a];
    basis[k * m + m - 1] = -beta * x[k] * last;
  }
}

/// What is left of a pair: c = w_i·w_j, its slack t − c and multiplier, and for lines those of −c.
struct PairState {
  double c = 0.0;
  double above = 0.0;   ///< λ of c
  double below = 0.0;   ///< λ of −c
  double change = 0.0;  ///< of c, to first order in the step
};

template <CodeKind kind, std::size_t M>
class InteriorPoint {
 public:
  InteriorPoint(const Eigen::MatrixXd& W, double slack, double bar)
      : m_(M > 0 ? M : std::size_t(W.rows())), n_(std::size_t(W.cols())), W_(W), bar_(bar) {
    const std::size_t dof = n_ * (m_ - 1);
    pairs_.resize(n_ * (n_ - 1) / 2);
    basis_.resize(n_ * m_ * (m_ - 1));
    along_.resize(n_ * n_ * (m_ - 1));
    A_.resize(Eigen::Index(dof), Eigen::Index(dof));
    begin(slack);
  }

  std::optional<Eigen::MatrixXd> run() {
    constexpr int most_steps = 120;
    constexpr int most_held = 20;
    int held = 0;
    for (int k = 0; k < most_steps; ++k) {
      const double step = advance();
      if (step < 0.0) break;
      if (hopeless()) return std::nullopt;
      if (tau_ <= last_tau && (step > 0.9 && moved_ < 1e-8)) break;
      if (bent_ && ++held < most_held) continue;
      held = 0;
      if (step > 0.9) {
        tau_ = std::max(last_tau, 0.05 * tau_);
      } else if (step > 0.4) {
        tau_ = std::max(last_tau, 0.4 * tau_);
      }
    }
    return W_;
  }

 private:
  static constexpr double last_tau = 1e-14;
  static constexpr bool lines = kind == CodeKind::lines;

  static double inner_product(const double* x, const double* y, std::size_t m) {
    double c = 0.0;
    for (std::size_t a = 0; a < m; ++a) c += x[a] * y[a];
    return c;
  }

  [[nodiscard]] std::size_t dim() const { return M > 0 ? M : m_; }

  template <typename Visit>
  void each_pair(const Visit& visit) {
    std::size_t p = 0;
    for (std::size_t i = 1; i < n_; ++i) {
      for (std::size_t j = 0; j < i; ++j) visit(i, j, pairs_[p++]);
    }
  }

  /// t a little above the coherence, and τ such that the multipliers τ/s_k sum to 1.
  void begin(double slack) {
    double largest = -1.0;
    each_pair([&](std::size_t i, std::size_t j, PairState& pair) {
      pair.c = inner_product(W_.data() + i * dim(), W_.data() + j * dim(), dim());
      largest = std::max(largest, lines ? std::abs(pair.c) : pair.c);
    });
    t_ = largest + slack * (1.0 - largest);
    double sum = 0.0;
    for (const PairState& pair : pairs_) sum += 1.0 / (t_ - pair.c) + (lines ? 1.0 / (t_ + pair.c) : 0.0);
    tau_ = 1.0 / sum;
    for (PairState& pair : pairs_) {
      pair.above = tau_ / (t_ - pair.c);
      if (lines) pair.below = tau_ / (t_ + pair.c);
    }
  }

  /// The system of a Newton step, t eliminated.
  void assemble() {
    const std::size_t m = dim();
    const std::size_t t = m - 1;
    for (std::size_t i = 0; i < n_; ++i) fill_basis(W_.data() + i * m, m, basis_.data() + i * m * t);
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j) {
        for (std::size_t k = 0; k < t; ++k) {
          along_[(i * n_ + j) * t + k] = inner_product(basis_.data() + (i * t + k) * m, W_.data() + j * m, m);
        }
      }
    }
    const Eigen::Index dof = A_.rows();
    A_.setZero();
    b_.setZero(dof);
    r_.setZero(dof);
    d_ = 0.0;
    rt_ = 0.0;
    double* const A = A_.data();
    each_pair([&](std::size_t i, std::size_t j, const PairState& pair) {
      const double inverse_above = 1.0 / (t_ - pair.c);
      const double inverse_below = lines ? 1.0 / (t_ + pair.c) : 0.0;
      const double d_above = pair.above * inverse_above;
      const double d_below = pair.below * inverse_below;
      const double D = d_above + d_below;
      const double mu = pair.above - pair.below;
      const double by_t = d_above - d_below;
      const double pull = tau_ * (inverse_above - inverse_below);
      d_ += D;
      rt_ += tau_ * (inverse_above + inverse_below);
      const double* const pi = along_.data() + (i * n_ + j) * t;  // Bᵢᵀ w_j
      const double* const pj = along_.data() + (j * n_ + i) * t;
      const double curvature = mu * pair.c;
      for (std::size_t k = 0; k < t; ++k) {
        b_[Eigen::Index(i * t + k)] += by_t * pi[k];
        b_[Eigen::Index(j * t + k)] += by_t * pj[k];
        r_[Eigen::Index(i * t + k)] -= pull * pi[k];
        r_[Eigen::Index(j * t + k)] -= pull * pj[k];
        double* const to_i = A + (i * t + k) * std::size_t(dof) + i * t;
        double* const to_j = A + (j * t + k) * std::size_t(dof) + j * t;
        double* const mixed = A + (j * t + k) * std::size_t(dof) + i * t;
        to_i[k] -= curvature;
        to_j[k] -= curvature;
        for (std::size_t l = 0; l < t; ++l) {
          to_i[l] += D * pi[k] * pi[l];
          to_j[l] += D * pj[k] * pj[l];
          mixed[l] = D * pj[k] * pi[l] +
                     mu * inner_product(basis_.data() + (j * t + k) * m, basis_.data() + (i * t + l) * m, m);
        }
      }
    });
    A_.template selfadjointView<Eigen::Lower>().rankUpdate(b_, -1.0 / d_);
    r_ += b_ * ((rt_ - 1.0) / d_);
  }

  bool solves(double shift) {
    factored_ = A_;
    factored_.diagonal().array() += shift;
    step_ = r_;
    return solve_positive(factored_, step_);
  }

  void solve() {
    assemble();
    const double least = 1e-13 * A_.diagonal().cwiseAbs().mean();
    bent_ = !solves(least);
    if (bent_) {
      shift_ = std::max(0.5 * shift_, 1e-3);
      while (!solves(shift_)) shift_ *= 2.0;
    }
    dt_ = (rt_ - 1.0 + b_.dot(step_)) / d_;
  }

  /// The largest share of the step that leaves slacks and multipliers above 1/200 of theirs.
  double longest_step(double* for_multipliers) {
    constexpr double kept = 0.005;
    const std::size_t t = dim() - 1;
    double primal = 1.0;
    double dual = 1.0;
    const auto limit = [&](double slack, double multiplier, double slack_change, double& longest_primal,
                           double& longest_dual) {
      if (slack + slack_change < kept * slack)
        longest_primal = std::min(longest_primal, -(1.0 - kept) * slack / slack_change);
      const double change = (tau_ - multiplier * slack_change) / slack - multiplier;
      if (multiplier + change < kept * multiplier)
        longest_dual = std::min(longest_dual, -(1.0 - kept) * multiplier / change);
    };
    each_pair([&](std::size_t i, std::size_t j, PairState& pair) {
      const double* const pi = along_.data() + (i * n_ + j) * t;
      const double* const pj = along_.data() + (j * n_ + i) * t;
      double change = 0.0;
      for (std::size_t k = 0; k < t; ++k) {
        change += pi[k] * step_[Eigen::Index(i * t + k)] + pj[k] * step_[Eigen::Index(j * t + k)];
      }
      pair.change = change;
      limit(t_ - pair.c, pair.above, dt_ - change, primal, dual);
      if (lines) limit(t_ + pair.c, pair.below, dt_ + change, primal, dual);
    });
    *for_multipliers = dual;
    // A step along the spheres should be short beside the distances.
    moved_ = step_.norm();
    double furthest = 0.0;
    for (std::size_t i = 0; i < n_; ++i) {
      furthest = std::max(furthest, step_.segment(Eigen::Index(i * t), Eigen::Index(t)).squaredNorm());
    }
    furthest = std::sqrt(furthest);
    const double radius = 0.5 * std::sqrt(2.0 - 2.0 * std::min(t_, 0.999));
    if (primal * furthest > radius) primal = radius / furthest;
    return primal;
  }

  void move(double share) {
    const std::size_t m = dim();
    const std::size_t t = m - 1;
    next_ = W_;
    for (std::size_t i = 0; i < n_; ++i) {
      double* const x = next_.data() + i * m;
      const double* const basis = basis_.data() + i * m * t;
      double square = 0.0;
      for (std::size_t a = 0; a < m; ++a) {
        for (std::size_t k = 0; k < t; ++k) x[a] += share * step_[Eigen::Index(i * t + k)] * basis[k * m + a];
        square += x[a] * x[a];
      }
      const double scale = 1.0 / std::sqrt(square);
      for (std::size_t a = 0; a < m; ++a) x[a] *= scale;
    }
  }

  /// t − τ Σ log s_k; infinite where a slack is not positive.
  double barrier(const Eigen::MatrixXd& W, double t) {
    double product = 1.0;
    double sum = 0.0;
    bool inside = true;
    const std::size_t m = dim();
    next_c_.resize(pairs_.size());
    std::size_t p = 0;
    for (std::size_t i = 1; i < n_; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const double c = inner_product(W.data() + i * m, W.data() + j * m, m);
        next_c_[p++] = c;
        const double slack = lines ? (t - c) * (t + c) : t - c;
        inside = inside && t - c > 0.0 && (!lines || t + c > 0.0);
        product *= slack;
        if (product < 1e-200 || product > 1e200) {
          sum += std::log(product);
          product = 1.0;
        }
      }
    }
    if (!inside) return std::numeric_limits<double>::infinity();
    return t - tau_ * (sum + std::log(product));
  }

  /// One step; how much of it was taken, or −1 where none lowers the barrier function.
  double advance() {
    solve();
    double dual = 1.0;
    double share = longest_step(&dual);
    const double here = barrier(W_, t_);
    constexpr int halvings = 10;
    for (int k = 0;; ++k, share *= 0.5) {
      if (k == halvings) return -1.0;
      move(share);
      if (barrier(next_, t_ + share * dt_) <= here + 1e-13) break;
    }
    gap_ = 0.0;
    foretold_ = 0.0;
    double total = 0.0;
    const double old_t = t_;
    t_ += share * dt_;
    W_.swap(next_);
    const auto renew = [&](double multiplier, double slack, double slack_change, double next_slack) {
      const double change = (tau_ - multiplier * slack_change) / slack - multiplier;
      const double target = tau_ / next_slack;
      return std::clamp(multiplier + dual * change, 1e-3 * target, 1e3 * target);
    };
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      PairState& pair = pairs_[p];
      const double c = next_c_[p];
      pair.above = renew(pair.above, old_t - pair.c, dt_ - pair.change, t_ - c);
      if (lines) pair.below = renew(pair.below, old_t + pair.c, dt_ + pair.change, t_ + c);
      pair.c = c;
      total += pair.above + pair.below;
      foretold_ += (pair.above - pair.below) * c;
    }
    foretold_ /= total;
    gap_ = t_ - foretold_;
    return std::min(share, dual);
  }

  [[nodiscard]] bool hopeless() const { return foretold_ - 0.5 * gap_ > bar_ + 1e-9; }

  std::size_t m_;
  std::size_t n_;
  Eigen::MatrixXd W_;
  double bar_;
  double t_ = 0.0;
  double tau_ = 0.0;
  double shift_ = 0.0;
  bool bent_ = false;  // the last step's system had to be made positive
  std::vector<PairState> pairs_;
  std::vector<double> basis_;  ///< B_i, column by column
  std::vector<double> along_;  ///< B_iᵀ w_j
  Eigen::MatrixXd A_;
  Eigen::MatrixXd factored_;
  Eigen::VectorXd b_;
  Eigen::VectorXd r_;
  double d_ = 0.0;
  double rt_ = 0.0;
  Eigen::VectorXd step_;
  double dt_ = 0.0;
  double moved_ = 0.0;
  Eigen::MatrixXd next_;
  std::vector<double> next_c_;
  double gap_ = 0.0;
  double foretold_ = 0.0;
};

template <CodeKind kind>
std::optional<Eigen::MatrixXd> sharp_minimum_of(const Eigen::MatrixXd& W, double slack, double bar) {
  switch (W.rows()) {
    case 3:
      return InteriorPoint<kind, 3>(W, slack, bar).run();
    case 4:
      return InteriorPoint<kind, 4>(W, slack, bar).run();
    default:
      return InteriorPoint<kind, 0>(W, slack, bar).run();
  }
}

}  // namespace

Eigen::MatrixXd soft_minimum(CodeKind kind, double sharpness, const Eigen::MatrixXd& W,
                             const DescentOptions& options) {
  return descend_on_spheres(
      [&](Eigen::Map<const Eigen::MatrixXd> at, Eigen::Map<Eigen::MatrixXd> gradient) {
        return soft_maximum(kind, sharpness, at, gradient);
      },
      W, options);
}

std::optional<Eigen::MatrixXd> sharp_minimum(CodeKind kind, const Eigen::MatrixXd& W, double slack,
                                             double bar) {
  return kind == CodeKind::lines ? sharp_minimum_of<CodeKind::lines>(W, slack, bar)
                                 : sharp_minimum_of<CodeKind::points>(W, slack, bar);
}

}  // namespace digon
