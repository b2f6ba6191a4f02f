#include "theory/packing/packing.hpp"

#include <algorithm>
#include <cmath>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "theory/search/sphere_descent.hpp"

namespace digon {
namespace {

/// Two starts ended at the same energy if theirs differ by less than this share.
constexpr double same_energy = 1e-9;

/// The largest Hessian that is decomposed.
constexpr Eigen::Index largest_hessian = 2000;

/// The energy in units of n², so that Ceres' tolerances mean the same for every n.
class EnergyFunction : public ceres::FirstOrderFunction {
 public:
  EnergyFunction(const PackingEnergy& energy, Eigen::Index m, Eigen::Index n)
      : energy_(energy), m_(m), n_(n) {}

  bool Evaluate(const double* parameters, double* cost, double* gradient) const override {
    const Eigen::MatrixXd W = Eigen::Map<const Eigen::MatrixXd>(parameters, m_, n_);
    const double unit = double(n_) * double(n_);
    Eigen::MatrixXd by_W;
    *cost = packing_energy(energy_, W, gradient != nullptr ? &by_W : nullptr) / unit;
    if (gradient != nullptr) Eigen::Map<Eigen::MatrixXd>(gradient, m_, n_) = by_W / unit;
    return std::isfinite(*cost);
  }
  [[nodiscard]] int NumParameters() const override { return int(m_ * n_); }

 private:
  PackingEnergy energy_;
  Eigen::Index m_;
  Eigen::Index n_;
};

Packing evaluate(const PackingEnergy& energy, Eigen::MatrixXd W) {
  W.colwise().normalize();
  Eigen::MatrixXd by_W;
  const double value = packing_energy(energy, W, &by_W);
  const double gradient_norm = along_spheres(W, by_W).norm();
  return {std::move(W), value, gradient_norm};
}

/// Moves the point that costs most to a random place and searches again, `hops` times.
Packing hop(const PackingEnergy& energy, Packing packing, std::size_t hops, std::uint64_t seed) {
  for (std::size_t k = 0; k < hops && !interrupted(); ++k) {
    Eigen::MatrixXd moved = packing.W;
    Eigen::Index worst = 0;
    energy_of_points(energy, moved).maxCoeff(&worst);
    const Eigen::MatrixXd place = random_points(moved.cols(), moved.rows(), derive_seed(seed, k));
    moved += 0.1 / std::sqrt(double(moved.cols())) * place;
    moved.col(worst) = place.col(worst);
    Packing found = minimise_packing(energy, moved);
    if (found.energy < packing.energy) packing = std::move(found);
  }
  return packing;
}

}  // namespace

Eigen::MatrixXd random_points(Eigen::Index points, Eigen::Index dim, std::uint64_t seed) {
  Eigen::MatrixXd W(dim, points);
  fill_standard_normal({W.data(), std::size_t(W.size())}, {seed, Purpose::initial_weights});
  W.colwise().normalize();
  return W;
}

Packing minimise_packing(const PackingEnergy& energy, const Eigen::MatrixXd& W) {
  return evaluate(energy, descend_on_spheres(new EnergyFunction(energy, W.rows(), W.cols()), W));
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

PackingResult search_packing(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                             const PackingSearch& search) {
  std::vector<std::optional<Packing>> found(search.count(points, dim));
  parallel_for(found.size(), search.threads, [&](std::size_t k) {
    if (interrupted()) return;
    found[k] = packing_from_start(energy, points, dim, search, k);
    search.advance(1);
  });
  return best_packing(found);
}

Packing packing_from_start(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                           const PackingSearch& search, std::size_t k) {
  Packing found = minimise_packing(energy, search.start(k, points, dim));
  return hop(energy, std::move(found), search.hops, search.seed_of(k));
}

PackingResult best_packing(const std::vector<std::optional<Packing>>& found) {
  PackingResult result;
  for (const std::optional<Packing>& each : found) {
    if (!each || !std::isfinite(each->energy)) continue;
    if (result.starts == 0 || each->energy < result.best.energy) result.best = *each;
    ++result.starts;
  }
  for (const std::optional<Packing>& each : found) {
    const double same = same_energy * std::abs(result.best.energy) + 1e-14;
    if (each && std::isfinite(each->energy) && each->energy <= result.best.energy + same) ++result.hits;
  }
  return result;
}

TangentSpaces::TangentSpaces(const Eigen::MatrixXd& W) {
  const Eigen::Index m = W.rows();
  const Eigen::Index n = W.cols();
  const Eigen::Index t = m - 1;
  for (Eigen::Index i = 0; i < n; ++i) basis.push_back(orthogonal_to(W.col(i)));
  rotations.resize(n * t, m * (m - 1) / 2);
  Eigen::Index column = 0;
  for (Eigen::Index a = 0; a < m; ++a) {
    for (Eigen::Index b = 0; b < a; ++b, ++column) {
      for (Eigen::Index i = 0; i < n; ++i) {
        Eigen::VectorXd moved = Eigen::VectorXd::Zero(m);
        moved[a] = W(b, i);
        moved[b] = -W(a, i);
        rotations.col(column).segment(i * t, t) = basis[std::size_t(i)].transpose() * moved;
      }
    }
  }
}

Eigen::MatrixXd TangentSpaces::move(const Eigen::MatrixXd& W, const Eigen::VectorXd& step) const {
  const Eigen::Index t = W.rows() - 1;
  Eigen::MatrixXd moved = W;
  for (Eigen::Index i = 0; i < W.cols(); ++i) moved.col(i) += basis[std::size_t(i)] * step.segment(i * t, t);
  return moved.colwise().normalized();
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
  const Eigen::MatrixXd rest = orthogonal_to(tangent.rotations);
  if (rest.cols() == 0) return std::nullopt;  // nothing but rotations
  return symmetric_eigenvalues(rest.transpose() * packing_hessian(energy, W, tangent) * rest).minCoeff();
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
