#include "theory/packing/spherical_code.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/algebra/dense_solvers.hpp"
#include "core/algebra/products.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/random.hpp"
#include "theory/numerics/off_rotations.hpp"
#include "theory/packing/code_descent.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/point_moves.hpp"
#include "theory/packing/symmetric_points.hpp"
#include "theory/search/evolution.hpp"

namespace digon {
namespace {

/// Codes of more degrees of freedom n(m − 1) are left at the soft maximum's: an interior-point step costs the
/// cube of them.
constexpr Eigen::Index most_sharp = 800;
constexpr double last_sharpness = 1e5;

bool is_sharp(Eigen::Index points, Eigen::Index dim) {
  return points * (dim - 1) <= most_sharp;
}

/// What the descents leave open.
SameMinimum same_coherence(Eigen::Index points, Eigen::Index dim) {
  return {.absolute = is_sharp(points, dim) ? 1e-9 : 1e-4};
}

/// Pairs this close to the largest inner product, in units of 1/β, may be in contact.
constexpr double contact_reach = 25.0;

/// The largest system of conditions that is solved.
constexpr Eigen::Index largest_system = 1600;

/// A pair in contact: sign w_i·w_j is the coherence.
struct Contact {
  Eigen::Index i = 0;
  Eigen::Index j = 0;
  double sign = 1.0;
};

std::vector<Contact> contacts_of(CodeKind kind, const Eigen::MatrixXd& W, double reach) {
  const double largest = coherence(kind, W);
  std::vector<Contact> contacts;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      const double c = W.col(i).dot(W.col(j));
      const double sign = kind == CodeKind::lines && c < 0.0 ? -1.0 : 1.0;
      if (sign * c >= largest - reach) contacts.push_back({i, j, sign});
    }
  }
  return contacts;
}

/// The contacts' inner products c_k, their gradients and Hessians along the spheres, in an orthonormal basis
/// of each tangent space.
struct Contacts {
  std::vector<Contact> pairs;
  Eigen::VectorXd c;          ///< [contacts]
  Eigen::MatrixXd gradients;  ///< [n(m−1) × contacts]
  TangentSpaces tangent;

  Contacts(const Eigen::MatrixXd& W, std::vector<Contact> contacts) : pairs(std::move(contacts)), tangent(W) {
    const std::vector<Eigen::MatrixXd>& basis = tangent.basis;
    const Eigen::Index t = W.rows() - 1;
    c.resize(Eigen::Index(pairs.size()));
    gradients = Eigen::MatrixXd::Zero(W.cols() * t, c.size());
    for (Eigen::Index k = 0; k < c.size(); ++k) {
      const auto& [i, j, sign] = pairs[std::size_t(k)];
      c[k] = sign * W.col(i).dot(W.col(j));
      gradients.col(k).segment(i * t, t) = sign * basis[std::size_t(i)].transpose() * W.col(j);
      gradients.col(k).segment(j * t, t) = sign * basis[std::size_t(j)].transpose() * W.col(i);
    }
  }

  /// Of Σ μ_k c_k along the spheres.
  [[nodiscard]] Eigen::MatrixXd hessian(const Eigen::VectorXd& mu) const {
    const std::vector<Eigen::MatrixXd>& basis = tangent.basis;
    const Eigen::Index t = basis[0].cols();
    Eigen::MatrixXd H = Eigen::MatrixXd::Zero(gradients.rows(), gradients.rows());
    for (Eigen::Index k = 0; k < c.size(); ++k) {
      const auto& [i, j, sign] = pairs[std::size_t(k)];
      H.block(i * t, i * t, t, t).diagonal().array() -= mu[k] * c[k];
      H.block(j * t, j * t, t, t).diagonal().array() -= mu[k] * c[k];
      const Eigen::MatrixXd mixed = mu[k] * sign * basis[std::size_t(i)].transpose() * basis[std::size_t(j)];
      H.block(i * t, j * t, t, t) += mixed;
      H.block(j * t, i * t, t, t) += mixed.transpose();
    }
    return H;
  }
};

/// The μ ≥ 0 of sum 1 that makes Σ μ_k ∇c_k least: nonnegative least squares (Lawson and Hanson's active
/// set).
Eigen::VectorXd multipliers(const Eigen::MatrixXd& gradients) {
  const Eigen::Index count = gradients.cols();
  // One more row asks for the sum; what it is weighed with does not matter where the residual can be 0.
  Eigen::MatrixXd A(gradients.rows() + 1, count);
  A << gradients, Eigen::RowVectorXd::Ones(count);
  const Eigen::VectorXd target = Eigen::VectorXd::Unit(A.rows(), A.rows() - 1);
  std::vector<Eigen::Index> kept(std::size_t(count), 0);
  for (Eigen::Index k = 0; k < count; ++k) kept[std::size_t(k)] = k;
  Eigen::VectorXd mu = Eigen::VectorXd::Zero(count);
  while (!kept.empty()) {
    const Eigen::VectorXd solution = least_norm_solution(A(Eigen::all, kept), target);
    Eigen::Index least = 0;
    if (solution.minCoeff(&least) >= -1e-12) {
      mu(kept) = solution.cwiseMax(0.0);
      break;
    }
    kept.erase(kept.begin() + least);
  }
  return mu.sum() > 0.0 ? Eigen::VectorXd(mu / mu.sum()) : mu;
}

/// Whether the conditions of so many contacts are few enough to be solved.
bool solvable(const Eigen::MatrixXd& W, std::size_t contacts) {
  return W.cols() * (W.rows() - 1) + Eigen::Index(contacts) < largest_system;
}

/// Newton's method on the conditions Σ μ_k ∇c_k = 0, Σ μ_k = 1, c_k = c of the contacts.
Eigen::MatrixXd solve_contacts(CodeKind kind, Eigen::MatrixXd W) {
  double reach = contact_reach / last_sharpness;
  constexpr int steps = 6;
  for (int step = 0; step < steps; ++step) {
    std::vector<Contact> pairs = contacts_of(kind, W, reach);
    if (!solvable(W, pairs.size())) return W;
    const Contacts contacts(W, std::move(pairs));
    const Eigen::Index dof = contacts.gradients.rows();
    const Eigen::Index count = contacts.c.size();
    const Eigen::VectorXd mu = multipliers(contacts.gradients);
    const double top = contacts.c.maxCoeff();
    Eigen::MatrixXd system = Eigen::MatrixXd::Zero(dof + count + 1, dof + count + 1);
    system.topLeftCorner(dof, dof) = contacts.hessian(mu);
    system.block(0, dof, dof, count) = contacts.gradients;
    system.block(dof, 0, count, dof) = contacts.gradients.transpose();
    system.block(dof, dof + count, count, 1).setConstant(-1.0);
    system.block(dof + count, dof, 1, count).setConstant(1.0);
    Eigen::VectorXd wrong(dof + count + 1);
    wrong << contacts.gradients * mu, contacts.c.array() - top, mu.sum() - 1.0;
    const Eigen::VectorXd change = least_norm_solution(system, -wrong, 1e-9);
    const Eigen::MatrixXd next = contacts.tangent.move(W, change.head(dof));
    const double size = change.head(dof).norm();
    if (!(size < 0.1) || coherence(kind, next) > coherence(kind, W)) return W;
    W = next;
    reach =
        std::max(std::min(reach, 100.0 * size * size), 1e-10);  // what is quadratically small is in contact
  }
  return W;
}

SphericalCode certify(CodeKind kind, const Eigen::MatrixXd& W) {
  SphericalCode code{W, coherence(kind, W), 0.0, std::nullopt};
  std::vector<Contact> pairs = contacts_of(kind, W, 1e-9);
  if (!solvable(W, pairs.size())) {
    code.residual = std::numeric_limits<double>::quiet_NaN();
    return code;
  }
  const Contacts contacts(W, std::move(pairs));
  const Eigen::VectorXd mu = multipliers(contacts.gradients);
  code.residual = (contacts.gradients * mu).norm();
  // Motions along which all contacts change alike, off rotations.
  Eigen::MatrixXd fixed(contacts.gradients.rows(), contacts.c.size() - 1 + contacts.tangent.rotations.cols());
  fixed << contacts.gradients.rightCols(contacts.c.size() - 1).colwise() - contacts.gradients.col(0),
      contacts.tangent.rotations;
  const Eigen::VectorXd values = eigenvalues_off(contacts.hessian(mu), fixed, 1e-7);
  if (values.size() > 0) code.least_eigenvalue = values.minCoeff();
  return code;
}

/// 1 − c of a code that meets Levenshtein's bound, the unit in which sharpness is told; lines are antipodal
/// codes of twice the points.
double least_distance(CodeKind kind, Eigen::Index points, Eigen::Index dim) {
  const Eigen::Index count = kind == CodeKind::lines ? 2 * points : points;
  if (count <= dim + 1) return 1.0 + 1.0 / (double(count) - 1.0);
  if (count <= 2 * dim) return 1.0;
  return 1.0 - levenshtein_quadrature(count, dim).nodes.maxCoeff();
}

double between(double low, double high, RandomDraws& random) {
  return low * std::pow(high / low, random.uniform());
}

/// The soft maximum's minimum as it grows sharp. The last descent goes on until rounding ends it: what is
/// left of the way moves the coherence to first order and the soft maximum to second, 1e-9 and 1e-13.
Eigen::MatrixXd sharpened(CodeKind kind, Eigen::MatrixXd W, double sharpness) {
  constexpr double growth = 4.0;
  DescentOptions descent = points_descent;
  while (sharpness < last_sharpness && !interrupted()) {
    sharpness = std::min(growth * sharpness, last_sharpness);
    if (sharpness == last_sharpness) descent.function_tolerance = 1e-17;
    W = soft_minimum(kind, sharpness, W, descent);
  }
  return W;
}

/// Every descent at a sharpness and slack of its own: different codes are found at different ones. Half of
/// those from points that are well apart already keep their basin, and tell apart what the soft maximum
/// would not.
std::optional<Individual> descend(CodeKind kind, double unit, const Eigen::MatrixXd& from, double bar,
                                  RandomDraws& random) {
  if (!is_sharp(from.cols(), from.rows())) {
    const double sharpness = between(1.0, 4.0, random) / unit;  // too dear to try much: the even codes
    const Eigen::MatrixXd found = sharpened(kind, soft_minimum(kind, sharpness, from), sharpness);
    return Individual{found, coherence(kind, found)};
  }
  const double sharpness = between(3.0, 128.0, random) / unit;
  const double slack = between(3e-6, 2e-2, random);
  const bool keeps = random.uniform() < 0.5 && 1.0 - coherence(kind, from) > 0.15 * unit;
  const auto found = sharp_minimum(kind, keeps ? from : soft_minimum(kind, sharpness, from), slack, bar);
  if (!found) return std::nullopt;
  return Individual{*found, coherence(kind, *found)};
}

}  // namespace

double coherence(CodeKind kind, const Eigen::MatrixXd& W) {
  Eigen::MatrixXd G = gram(W);
  G.diagonal().setConstant(kind == CodeKind::lines ? 0.0 : -2.0);
  return kind == CodeKind::lines ? G.cwiseAbs().maxCoeff() : G.maxCoeff();
}

std::size_t usual_code_hops(Eigen::Index points, Eigen::Index dim) {
  return is_sharp(points, dim) ? std::size_t(points * (dim - 1)) : 0;
}

Eigen::MatrixXd code_from_start(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                const PackingSearch& search, std::size_t k) {
  const bool is_given = k < search.given.size();
  const std::uint64_t seed = derive_seed(search.seed_of(k), is_given ? 2 : 1);
  RandomDraws of_descents(derive_seed(seed, 1));
  const double unit = least_distance(kind, points, dim);
  EvolutionProblem problem;
  problem.start = [&](RandomDraws& random) {
    constexpr double symmetric_share = 0.5;
    return random.uniform() < symmetric_share ? random_symmetric_points(kind, points, dim, random)
                                              : random_points(points, dim, random.seed());
  };
  problem.moves = code_moves(kind);
  problem.descend = [&](const Eigen::MatrixXd& from, double bar) {
    return descend(kind, unit, from, bar, of_descents);
  };
  problem.same = same_coherence(points, dim);
  EvolutionOptions options;
  options.descents = options.patience = options.hits = 1 + search.hops;
  options.pool = 4;
  options.fresh_share = 0.5;
  std::vector<Eigen::MatrixXd> given;
  if (is_given) given.push_back(search.given[k].colwise().normalized());
  const Population population = evolve(problem, options, seed, given);
  const Eigen::MatrixXd start = is_given ? given[0] : search.start(k, points, dim);
  if (population.pool.empty()) return start;
  const Individual& best = population.pool.front();
  return is_given && coherence(kind, start) < best.value ? start : best.columns;
}

SphericalCodeResult search_spherical_code(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                          const PackingSearch& search,
                                          const RunStarts<Eigen::MatrixXd>& run) {
  const Start<Eigen::MatrixXd> start = [&](std::size_t k) {
    return code_from_start(kind, points, dim, search, k);
  };
  const auto minima = multi_start(
      search.count(points, dim), start, [&](const Eigen::MatrixXd& W) { return coherence(kind, W); },
      same_coherence(points, dim), run ? run : on_threads<Eigen::MatrixXd>(search));
  if (minima.empty()) return {};
  return {certify(kind, solve_contacts(kind, minima.front().at)), starts_finished(minima),
          minima.front().hits()};
}

}  // namespace digon
