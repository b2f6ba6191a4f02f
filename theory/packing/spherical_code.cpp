#include "theory/packing/spherical_code.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/interrupt.hpp"
#include "theory/numerics/off_rotations.hpp"
#include "theory/search/sphere_descent.hpp"

namespace digon {
namespace {

constexpr double first_sharpness = 8.0;
constexpr double sharpness_growth = 4.0;
constexpr double last_sharpness = 1e5;

/// What the soft maximum leaves open.
constexpr SameMinimum same_coherence{.absolute = 1e-4};

/// Pairs this close to the largest inner product, in units of 1/β, may be in contact.
constexpr double contact_reach = 25.0;

/// The largest system of conditions that is solved.
constexpr Eigen::Index largest_system = 1600;

/// β⁻¹ log Σ_{i<j} e^{β c_ij}, of both signs of c for lines.
double soft_maximum(CodeKind kind, double sharpness, Eigen::Map<const Eigen::MatrixXd> W,
                    Eigen::Map<Eigen::MatrixXd> by_W) {
  Eigen::MatrixXd G = W.transpose() * W;
  G.diagonal().setConstant(kind == CodeKind::lines ? 0.0 : -2.0);
  const double largest = kind == CodeKind::lines ? G.cwiseAbs().maxCoeff() : G.maxCoeff();
  Eigen::ArrayXXd above = (sharpness * (G.array() - largest)).exp();
  Eigen::ArrayXXd below = Eigen::ArrayXXd::Zero(W.cols(), W.cols());
  if (kind == CodeKind::lines) below = (-sharpness * (G.array() + largest)).exp();
  above.matrix().diagonal().setZero();
  below.matrix().diagonal().setZero();
  const double sum = (above + below).sum();  // every pair twice
  const Eigen::MatrixXd weights = (above - below) / (0.5 * sum);
  by_W = W * weights;
  return largest + std::log(0.5 * sum) / sharpness;
}

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
    if (!(size < 0.1) || coherence(kind, next) > coherence(kind, W) + 1e-12) return W;
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

Eigen::MatrixXd anneal(CodeKind kind, Eigen::MatrixXd W) {
  for (double sharpness = first_sharpness; sharpness < last_sharpness * sharpness_growth && !interrupted();
       sharpness *= sharpness_growth) {
    const double beta = std::min(sharpness, last_sharpness);
    W = descend_on_spheres(
        [&](Eigen::Map<const Eigen::MatrixXd> at, Eigen::Map<Eigen::MatrixXd> gradient) {
          return soft_maximum(kind, beta, at, gradient);
        },
        W);
  }
  return W;
}

/// The better of the annealed code and, for points, the Coulomb minimum, which universally optimal codes are.
Eigen::MatrixXd find_code(CodeKind kind, const Eigen::MatrixXd& start) {
  if (kind == CodeKind::lines) return anneal(kind, start);
  const Eigen::MatrixXd thomson = minimise_packing({}, start).W;
  Eigen::MatrixXd annealed = anneal(kind, thomson);
  return coherence(kind, annealed) < coherence(kind, thomson) ? annealed : thomson;
}

}  // namespace

double coherence(CodeKind kind, const Eigen::MatrixXd& W) {
  Eigen::MatrixXd G = W.transpose() * W;
  G.diagonal().setConstant(kind == CodeKind::lines ? 0.0 : -2.0);
  return kind == CodeKind::lines ? G.cwiseAbs().maxCoeff() : G.maxCoeff();
}

Eigen::MatrixXd code_from_start(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                const PackingSearch& search, std::size_t k) {
  return find_code(kind, search.start(k, points, dim));
}

SphericalCodeResult search_spherical_code(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                          const PackingSearch& search,
                                          const RunStarts<Eigen::MatrixXd>& run) {
  const Start<Eigen::MatrixXd> start = [&](std::size_t k) {
    return code_from_start(kind, points, dim, search, k);
  };
  const auto minima = multi_start(
      search.count(points, dim), start, [&](const Eigen::MatrixXd& W) { return coherence(kind, W); },
      same_coherence, run ? run : on_threads<Eigen::MatrixXd>(search));
  if (minima.empty()) return {};
  return {certify(kind, solve_contacts(kind, minima.front().at)), starts_finished(minima),
          minima.front().hits()};
}

}  // namespace digon
