#include "theory/packing/packing_bounds.hpp"

#include <boost/math/special_functions/binomial.hpp>
#include <cmath>
#include <utility>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/input_error.hpp"

namespace digon {
namespace {

double choose(Eigen::Index n, Eigen::Index k) {
  return n < k ? 0.0 : boost::math::binomial_coefficient<double>(unsigned(n), unsigned(k));
}

/// The least number of points of a spherical design of strength τ can have, by Delsarte, Goethals and Seidel.
double least_design(Eigen::Index dim, Eigen::Index strength) {
  const Eigen::Index k = strength / 2;
  return strength % 2 == 1 ? 2.0 * choose(dim + k - 1, dim - 1)
                           : choose(dim + k - 1, dim - 1) + choose(dim + k - 2, dim - 1);
}

/// K_0(t), …, K_k(t) of most_lines_log, of even or odd degrees.
std::vector<double> line_kernels(Eigen::Index dim, Eigen::Index parity, Eigen::Index k, double t) {
  const auto m = double(dim);
  std::vector<double> kernels;
  double sum = 0.0;
  double before = 0.0;  // P_{j−1}
  double now = 1.0;     // P_j
  for (Eigen::Index j = 0; j <= 2 * k + parity; ++j) {
    if (j % 2 == parity) {
      const double h = choose(dim + j - 1, j) - (j < 2 ? 0.0 : choose(dim + j - 3, j - 2));
      sum += h * now / (parity == 1 ? t : 1.0);
      kernels.push_back(sum);
    }
    const auto degree = double(j);
    const double next =
        j == 0 ? t : ((2.0 * degree + m - 2.0) * t * now - degree * before) / (degree + m - 2.0);
    before = now;
    now = next;
  }
  return kernels;
}

/// The monic orthogonal polynomials of (1 + t)^e (dμ − δ_1/n), e = 0 or 1, up to degree k: p_{j+1} = (t −
/// α_j) p_j − β_j p_{j−1}, β_0 the total mass.
struct Recurrence {
  Eigen::VectorXd alpha;
  Eigen::VectorXd beta;
};

/// Those of (1 + t)^e dμ are Gegenbauer's or Jacobi's. A mass −1/n at t = 1 changes them in closed form
/// (Uvarov), because Σ_{j ≤ k} p_j(1)²/‖p_j‖² is Delsarte's D(m, 2k + e), over 2 for e = 1: with g_k = D(m,
/// 2k
/// + e) − D(m, 2k − 2 + e), r_k = 1 − D(m, 2k + e)/n, r_{−1} = 1, and d_k = √(g_k g_{k−1} β_k)/(n r_{k−1}),
///   α_k ← α_k + d_k − d_{k+1},   β_k ← β_k r_k r_{k−2}/r_{k−1}²,   β_0 = r_0.
/// No moments are taken, so that exponentially many points cost no digits.
Recurrence recurrence_without_point(Eigen::Index points, Eigen::Index dim, Eigen::Index e, Eigen::Index k) {
  const auto n = double(points);
  const auto m = double(dim);
  const auto design = [&](Eigen::Index j) { return j < 0 ? 0.0 : least_design(dim, 2 * j + e); };
  const auto r = [&](Eigen::Index j) { return 1.0 - design(j) / n; };
  const auto g = [&](Eigen::Index j) { return design(j) - design(j - 1); };
  const auto beta = [&](Eigen::Index index) {
    const auto j = double(index);
    const double s = 2.0 * j + m - 2.0;
    if (e == 1) return j * (j + m - 2.0) / (s * s);
    return index == 1 ? 1.0 / m : j * (j + m - 3.0) / (s * (s - 2.0));
  };
  const auto d = [&](Eigen::Index j) {
    return j == 0 ? 0.0 : std::sqrt(g(j) * g(j - 1) * beta(j)) / (n * r(j - 1));
  };
  Recurrence result{Eigen::VectorXd(k), Eigen::VectorXd(k)};
  for (Eigen::Index j = 0; j < k; ++j) {
    const double s = 2.0 * double(j) + m;
    const double jacobi = e == 0 ? 0.0 : j == 0 ? 1.0 / m : (m - 2.0) / (s * (s - 2.0));
    result.alpha[j] = jacobi + d(j) - d(j + 1);
    result.beta[j] = j == 0 ? r(0) : beta(j) * r(j) * (j == 1 ? 1.0 : r(j - 2)) / (r(j - 1) * r(j - 1));
  }
  return result;
}

/// 1/Σ_j p_j(t)²/‖p_j‖², the weight of a node t of the rule by these polynomials. A sum of positive terms:
/// the smallest weights are as exact as the greatest.
double weight_at(const Recurrence& recurrence, double t) {
  double before = 0.0;
  double now = 1.0 / std::sqrt(recurrence.beta[0]);  // p_j/‖p_j‖
  double sum = now * now;
  for (Eigen::Index j = 0; j + 1 < recurrence.beta.size(); ++j) {
    const double of_before = j == 0 ? 0.0 : std::sqrt(recurrence.beta[j]) * before;
    before =
        std::exchange(now, ((t - recurrence.alpha[j]) * now - of_before) / std::sqrt(recurrence.beta[j + 1]));
    sum += now * now;
  }
  return 1.0 / sum;
}

/// Gauss' rule, whose nodes are the eigenvalues of the Jacobi matrix.
LevenshteinQuadrature gauss_rule(const Recurrence& recurrence) {
  const Eigen::Index k = recurrence.alpha.size();
  const Eigen::VectorXd nodes =
      tridiagonal_eigenvalues(recurrence.alpha, recurrence.beta.tail(k - 1).cwiseSqrt());
  return {nodes, nodes.unaryExpr([&](double t) { return weight_at(recurrence, t); })};
}

}  // namespace

LevenshteinQuadrature levenshtein_quadrature(Eigen::Index points, Eigen::Index dim) {
  Eigen::Index strength = 1;
  while (least_design(dim, strength + 1) <= double(points)) ++strength;
  if (strength % 2 == 1) return gauss_rule(recurrence_without_point(points, dim, 0, (strength + 1) / 2));
  // An even strength fixes a node at −1: Gauss' rule of (1 + t) times the measure gives the others.
  const Eigen::Index k = strength / 2;
  const LevenshteinQuadrature rule = gauss_rule(recurrence_without_point(points, dim, 1, k));
  LevenshteinQuadrature quadrature{Eigen::VectorXd(k + 1), Eigen::VectorXd(k + 1)};
  quadrature.nodes << -1.0, rule.nodes;
  quadrature.weights << weight_at(recurrence_without_point(points, dim, 0, k + 1), -1.0),
      rule.weights.array() / (rule.nodes.array() + 1.0);
  return quadrature;
}

std::vector<PackingBound> energy_bounds(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim) {
  const auto n = double(points);
  switch (energy.kind) {
    case PairEnergy::relu2:
      return {{"no pair acute", 0.0}};
    case PairEnergy::frame:
      return {{"Benedetto–Fickus", std::max(0.0, 0.5 * (n * n / double(dim) - n))}};
    default:
      break;
  }
  const LevenshteinQuadrature quadrature = levenshtein_quadrature(points, dim);
  double sum = 0.0;
  for (Eigen::Index k = 0; k < quadrature.nodes.size(); ++k) {
    sum += quadrature.weights[k] * pair_energy(energy, quadrature.nodes[k]).value;
  }
  return {{"universal (Levenshtein quadrature)", 0.5 * n * n * sum}};
}

std::vector<PackingBound> coherence_bounds(CodeKind kind, Eigen::Index points, Eigen::Index dim) {
  const auto n = double(points);
  const auto m = double(dim);
  std::vector<PackingBound> bounds;
  if (kind == CodeKind::lines) {
    bounds.push_back({"Welch", points > dim ? std::sqrt((n - m) / (m * (n - 1.0))) : 0.0});
    if (2 * points > dim * (dim + 1)) bounds.push_back({"orthoplex", 1.0 / std::sqrt(m)});
    return bounds;
  }
  if (points <= dim + 1) {
    bounds.push_back({"Rankin simplex", -1.0 / (n - 1.0)});
  } else {
    bounds.push_back({"Rankin orthoplex", 0.0});
    bounds.push_back({"Levenshtein", levenshtein_quadrature(points, dim).nodes.maxCoeff()});
  }
  return bounds;
}

double most_lines_log(Eigen::Index dim, double epsilon) {
  constexpr double slack = 1e-9;
  for (Eigen::Index strength = 1;; ++strength) {
    const Eigen::Index parity = 1 - strength % 2;
    const auto k = std::size_t(strength + 1) / 2;
    const std::vector<double> at = line_kernels(dim, parity, Eigen::Index(k), epsilon);
    const std::vector<double> at_one = line_kernels(dim, parity, Eigen::Index(k), 1.0);
    const double a = -at[k] / at[k - 1];
    const double most = (at_one[k] + a * at_one[k - 1]) / (1.0 + a);
    const double least = choose(dim + strength - 1, strength);
    if (most >= least * (1.0 - slack) && most <= choose(dim + strength, strength + 1) * (1.0 + slack)) {
      return std::log(most);
    }
    if (least > 1e300) reject("lines: m {} and ε {} given; accepted: bounds below 1e300", dim, epsilon);
  }
}

}  // namespace digon
