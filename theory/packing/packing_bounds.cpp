#include "theory/packing/packing_bounds.hpp"

#include <boost/math/special_functions/binomial.hpp>
#include <cmath>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/input_error.hpp"

namespace digon {
namespace {

/// A measure given by points and masses; the masses may be negative.
struct DiscreteMeasure {
  Eigen::VectorXd nodes;
  Eigen::VectorXd masses;
};

/// Gauss' rule of a recurrence π_{k+1} = (t − α_k) π_k − β_k π_{k−1} and of total mass β_0 (Golub and
/// Welsch).
DiscreteMeasure gauss_rule(const Eigen::VectorXd& alpha, const Eigen::VectorXd& beta) {
  const Eigen::Index k = alpha.size();
  Eigen::MatrixXd jacobi = alpha.asDiagonal();
  for (Eigen::Index j = 1; j < k; ++j) jacobi(j, j - 1) = jacobi(j - 1, j) = std::sqrt(beta[j]);
  const SymmetricEigen eigen = symmetric_eigen(jacobi);
  return {eigen.values, beta[0] * eigen.vectors.row(0).transpose().cwiseAbs2()};
}

/// The distribution (1 − t²)^{(m−3)/2} dt of an inner product in R^m, as its Gauss rule with 80 nodes.
DiscreteMeasure inner_product_distribution(Eigen::Index dim) {
  constexpr Eigen::Index count = 80;
  const double lambda = 0.5 * double(dim - 2);
  Eigen::VectorXd beta(count);
  beta[0] = 1.0;
  beta[1] = 0.5 / (1.0 + lambda);
  for (Eigen::Index k = 2; k < count; ++k) {
    beta[k] = double(k) * (double(k) + 2.0 * lambda - 1.0) /
              (4.0 * (double(k) + lambda) * (double(k) + lambda - 1.0));
  }
  return gauss_rule(Eigen::VectorXd::Zero(count), beta);
}

/// Gauss' rule with k nodes of a measure (Stieltjes).
DiscreteMeasure gauss_rule_of(const DiscreteMeasure& measure, Eigen::Index k) {
  Eigen::VectorXd alpha(k);
  Eigen::VectorXd beta(k);
  Eigen::VectorXd before = Eigen::VectorXd::Zero(measure.nodes.size());
  Eigen::VectorXd now = Eigen::VectorXd::Ones(measure.nodes.size());
  double norm_before = 1.0;
  for (Eigen::Index j = 0; j < k; ++j) {
    const Eigen::VectorXd weighed = measure.masses.cwiseProduct(now);
    const double norm = weighed.dot(now);
    alpha[j] = weighed.cwiseProduct(measure.nodes).dot(now) / norm;
    beta[j] = j == 0 ? norm : norm / norm_before;
    const Eigen::VectorXd next =
        (measure.nodes.array() - alpha[j]).matrix().cwiseProduct(now) - (j == 0 ? 0.0 : beta[j]) * before;
    before = now;
    now = next;
    norm_before = norm;
  }
  return gauss_rule(alpha, beta);
}

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

}  // namespace

LevenshteinQuadrature levenshtein_quadrature(Eigen::Index points, Eigen::Index dim) {
  Eigen::Index strength = 1;
  while (least_design(dim, strength + 1) <= double(points)) ++strength;
  DiscreteMeasure measure = inner_product_distribution(dim);
  const Eigen::Index count = measure.nodes.size();
  measure.nodes.conservativeResize(count + 1);
  measure.masses.conservativeResize(count + 1);
  measure.nodes[count] = 1.0;
  measure.masses[count] = -1.0 / double(points);
  const double total = 1.0 - 1.0 / double(points);
  const Eigen::Index k = (strength + 1) / 2;
  if (strength % 2 == 1) {
    const DiscreteMeasure rule = gauss_rule_of(measure, k);
    return {rule.nodes, rule.masses};
  }
  // An even strength fixes a node at −1: Gauss' rule of (1 + t) times the measure gives the others.
  measure.masses = measure.masses.cwiseProduct((measure.nodes.array() + 1.0).matrix());
  const DiscreteMeasure rule = gauss_rule_of(measure, strength / 2);
  LevenshteinQuadrature quadrature{Eigen::VectorXd(rule.nodes.size() + 1),
                                   Eigen::VectorXd(rule.nodes.size() + 1)};
  quadrature.nodes << -1.0, rule.nodes;
  const Eigen::VectorXd inner = rule.masses.array() / (rule.nodes.array() + 1.0);
  quadrature.weights << total - inner.sum(), inner;
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
  constexpr double rounding = 1e-9;
  for (Eigen::Index strength = 1;; ++strength) {
    const Eigen::Index parity = 1 - strength % 2;
    const auto k = std::size_t(strength + 1) / 2;
    const std::vector<double> at = line_kernels(dim, parity, Eigen::Index(k), epsilon);
    const std::vector<double> at_one = line_kernels(dim, parity, Eigen::Index(k), 1.0);
    const double a = -at[k] / at[k - 1];
    const double most = (at_one[k] + a * at_one[k - 1]) / (1.0 + a);
    const double least = choose(dim + strength - 1, strength);
    if (most >= least * (1.0 - rounding) && most <= choose(dim + strength, strength + 1) * (1.0 + rounding)) {
      return std::log(most);
    }
    if (least > 1e300) reject("lines: m {} and ε {} given; accepted: bounds below 1e300", dim, epsilon);
  }
}

}  // namespace digon
