#include "theory/packing/packing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "theory/numerics/off_rotations.hpp"
#include "theory/packing/point_moves.hpp"
#include "theory/search/evolution.hpp"
#include "theory/search/sphere_descent.hpp"

namespace digon {
namespace {

constexpr SameMinimum same_energy{.relative = 1e-9, .absolute = 1e-14};

/// The largest Hessian that is decomposed.
constexpr Eigen::Index largest_hessian = 2000;

Packing evaluate(const PackingEnergy& energy, Eigen::MatrixXd W) {
  W.colwise().normalize();
  Eigen::MatrixXd by_W;
  const double value = packing_energy(energy, W, &by_W);
  const double gradient_norm = along_spheres(W, by_W).norm();
  return {std::move(W), value, gradient_norm};
}

/// The population that descends from moved copies of a start's minimum.
Packing evolve_packing(const PackingEnergy& energy, const Eigen::MatrixXd& start, std::size_t hops,
                       std::uint64_t seed) {
  EvolutionProblem problem;
  problem.start = [&](RandomDraws& random) {
    return random_points(start.cols(), start.rows(), random.seed());
  };
  problem.moves = packing_moves();
  problem.descend = [&](const Eigen::MatrixXd& from, double /*bar*/) -> std::optional<Individual> {
    const Packing found = minimise_packing(energy, from);
    if (!std::isfinite(found.energy)) return std::nullopt;
    return Individual{found.W, found.energy};
  };
  problem.same = same_energy;
  EvolutionOptions options;
  options.pool = 4;  // 12 take longer
  options.descents = options.patience = 1 + hops;
  const Population population = evolve(problem, options, seed, {start});
  if (population.pool.empty()) return {start, std::numeric_limits<double>::infinity(), 0.0};
  return evaluate(energy, population.pool.front().columns);
}

}  // namespace

Eigen::MatrixXd random_points(Eigen::Index points, Eigen::Index dim, std::uint64_t seed) {
  Eigen::MatrixXd W(dim, points);
  fill_standard_normal({W.data(), std::size_t(W.size())}, {seed, Purpose::initial_weights});
  W.colwise().normalize();
  return W;
}

// In units of n², so that the descent's tolerances mean the same for every n.
Packing minimise_packing(const PackingEnergy& energy, const Eigen::MatrixXd& W) {
  const double unit = double(W.cols()) * double(W.cols());
  const auto in_units = [&](Eigen::Map<const Eigen::MatrixXd> at, Eigen::Map<Eigen::MatrixXd> gradient) {
    Eigen::MatrixXd by_W;
    const double value = packing_energy(energy, at, &by_W);
    gradient = by_W / unit;
    return value / unit;
  };
  return evaluate(energy, descend_on_spheres(in_units, W));
}

std::size_t PackingSearch::count(Eigen::Index points, Eigen::Index dim) const {
  if (points < 2) reject("points: {} given; at least 2 are needed", points);
  if (dim < 2) reject("dim: {} given; at least 2 is needed", dim);
  if (given.size() + starts == 0) reject("starts: 0 given; at least 1 is needed");
  return given.size() + starts;
}

std::uint64_t PackingSearch::seed_of(std::size_t k) const {
  return derive_seed(seed, k < given.size() ? k : k - given.size());
}

Eigen::MatrixXd PackingSearch::start(std::size_t k, Eigen::Index points, Eigen::Index dim) const {
  return k < given.size() ? given[k] : random_points(points, dim, seed_of(k));
}

std::size_t usual_hops(Eigen::Index points) {
  constexpr Eigen::Index points_to_hop = 120;
  constexpr Eigen::Index points_moved = 12'000;
  return points <= points_to_hop ? 0 : std::size_t(std::max<Eigen::Index>(4, points_moved / points));
}

PackingResult search_packing(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                             const PackingSearch& search, const RunStarts<Packing>& run) {
  const Start<Packing> start = [&](std::size_t k) {
    return packing_from_start(energy, points, dim, search, k);
  };
  const auto minima = multi_start(search.count(points, dim), start, &Packing::energy, same_energy,
                                  run ? run : on_threads<Packing>(search));
  if (minima.empty()) return {};
  return {minima.front().at, starts_finished(minima), minima.front().hits()};
}

Packing packing_from_start(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                           const PackingSearch& search, std::size_t k) {
  const bool is_given = k < search.given.size();
  const Eigen::MatrixXd start = search.start(k, points, dim);
  Packing found = search.hops == 0
                      ? minimise_packing(energy, start)
                      : evolve_packing(energy, start, search.hops, derive_seed(search.seed_of(k), is_given));
  if (!is_given) return found;
  Packing given = evaluate(energy, search.given[k]);  // a minimum already, to rounding
  return given.energy < found.energy ? given : found;
}

Eigen::MatrixXd packing_hessian(const PackingEnergy& energy, const Eigen::MatrixXd& W,
                                const TangentSpaces& tangent) {
  const Eigen::Index n = W.cols();
  const Eigen::Index t = W.rows() - 1;
  Eigen::MatrixXd H = Eigen::MatrixXd::Zero(n * t, n * t);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      const double c = W.col(i).dot(W.col(j));
      const PairDerivatives f = pair_energy(energy, c);
      const Eigen::MatrixXd& Bi = tangent.basis[std::size_t(i)];
      const Eigen::MatrixXd& Bj = tangent.basis[std::size_t(j)];
      const Eigen::VectorXd wj = Bi.transpose() * W.col(j);
      const Eigen::VectorXd wi = Bj.transpose() * W.col(i);
      H.block(i * t, i * t, t, t) +=
          f.second * wj * wj.transpose() - f.first * c * Eigen::MatrixXd::Identity(t, t);
      H.block(j * t, j * t, t, t) +=
          f.second * wi * wi.transpose() - f.first * c * Eigen::MatrixXd::Identity(t, t);
      H.block(i * t, j * t, t, t) = f.second * wj * wi.transpose() + f.first * Bi.transpose() * Bj;
      H.block(j * t, i * t, t, t) = H.block(i * t, j * t, t, t).transpose();
    }
  }
  return H;
}

std::optional<double> least_eigenvalue_off_rotations(const PackingEnergy& energy, const Eigen::MatrixXd& W) {
  if (W.cols() * (W.rows() - 1) > largest_hessian) return std::nullopt;
  const TangentSpaces tangent(W);
  const Eigen::VectorXd values = eigenvalues_off(packing_hessian(energy, W, tangent), tangent.rotations);
  if (values.size() == 0) return std::nullopt;  // nothing but rotations
  return values.minCoeff();
}

Packing polish_packing(const PackingEnergy& energy, const Packing& packing) {
  const Eigen::Index t = packing.W.rows() - 1;
  if (packing.W.cols() * t > largest_hessian) return packing;
  Packing best = packing;
  constexpr int steps = 4;
  for (int step = 0; step < steps; ++step) {
    const TangentSpaces tangent(best.W);
    const Eigen::MatrixXd hessian = packing_hessian(energy, best.W, tangent);
    Eigen::MatrixXd by_W;
    packing_energy(energy, best.W, &by_W);
    Eigen::VectorXd gradient(hessian.rows());
    for (Eigen::Index i = 0; i < best.W.cols(); ++i) {
      gradient.segment(i * t, t) = tangent.basis[std::size_t(i)].transpose() * by_W.col(i);
    }
    // The step off flat directions, rotations among them.
    const SymmetricEigen eigen = symmetric_eigen(hessian);
    const double flat = 1e-9 * std::max(std::abs(eigen.values[hessian.rows() - 1]), 1.0);
    Eigen::VectorXd along = eigen.vectors.transpose() * gradient;
    for (Eigen::Index k = 0; k < along.size(); ++k) {
      along[k] = eigen.values[k] > flat ? along[k] / eigen.values[k] : 0.0;
    }
    Packing next = evaluate(energy, tangent.move(best.W, -(eigen.vectors * along)));
    const bool better =
        next.gradient_norm < best.gradient_norm && next.energy <= best.energy * (1.0 + 1e-12) + 1e-14;
    if (!better) break;
    best = std::move(next);
  }
  return best;
}

}  // namespace digon
