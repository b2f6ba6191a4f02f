#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "theory/numerics/tangent_spaces.hpp"
#include "theory/packing/packing_energy.hpp"
#include "theory/search/multi_start.hpp"

namespace digon {

/// n unit vectors in R^m, the columns of W [m×n], and their energy: the generalised Thomson problem.
struct Packing {
  Eigen::MatrixXd W;
  double energy = 0.0;
  double gradient_norm = 0.0;  ///< of the energy along the spheres
};

/// The local minimum reached from W, by L-BFGS on the product of the spheres. Columns of W need not
/// be of length 1. The energy is the minimum's to 1e-12 where the minimum is strict off rotations, the
/// gradient below 1e-5.
Packing minimise_packing(const PackingEnergy& energy, const Eigen::MatrixXd& W);

struct PackingSearch : SearchOptions {
  std::size_t hops = 0;                ///< descents after each start from moved copies of what it found
  std::vector<Eigen::MatrixXd> given;  ///< starts besides the random ones

  /// The number of starts; throws InputError where n < 2, m < 2 or there are none.
  [[nodiscard]] std::size_t count(Eigen::Index points, Eigen::Index dim) const;
  /// The k-th start, the given ones first [m×n], and the seed of all that is random after it.
  [[nodiscard]] Eigen::MatrixXd start(std::size_t k, Eigen::Index points, Eigen::Index dim) const;
  [[nodiscard]] std::uint64_t seed_of(std::size_t k) const;
};

/// What a search found.
struct PackingResult {
  Packing best;
  std::size_t starts = 0;  ///< those finished: fewer than asked for if interrupted
  std::size_t hits = 0;    ///< starts that ended at the best energy
};

/// Hops after each start that pay (docs/search-codes.md): 12000/n of them from 121 points on. Below, fresh
/// starts find the minimum as soon.
std::size_t usual_hops(Eigen::Index points);

/// What the k-th start of a search comes to, hops included; its energy is not finite where the start was in
/// vain. A given start itself where nothing lower is found from it.
Packing packing_from_start(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                           const PackingSearch& search, std::size_t k);

/// The lowest energy over many starts, computed by `run`, or on the threads of this process. Throws
/// InputError where n < 2, m < 2 or there are no starts.
PackingResult search_packing(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                             const PackingSearch& search, const RunStarts<Packing>& run = {});

/// n points even at random on the sphere in R^m.
Eigen::MatrixXd random_points(Eigen::Index points, Eigen::Index dim, std::uint64_t seed);

/// The Hessian along the spheres, ξ ↦ Σ_{i<j} f''(ξ_i·w_j + ξ_j·w_i)² + 2 f' ξ_i·ξ_j − Σ_i (w_i·∂E/∂w_i)
/// |ξ_i|², in the bases of the tangent spaces [n(m−1) × n(m−1)].
Eigen::MatrixXd packing_hessian(const PackingEnergy& energy, const Eigen::MatrixXd& W,
                                const TangentSpaces& tangent);

/// The smallest eigenvalue of the Hessian off the rotations: positive at a strict local minimum. None where
/// the Hessian is larger than 2000.
std::optional<double> least_eigenvalue_off_rotations(const PackingEnergy& energy, const Eigen::MatrixXd& W);

/// Newton steps along the spheres from a local minimum, down to rounding: a gradient below 1e-13 of the
/// energy. Returns the packing as it was where the Hessian is larger than 2000 or a step does not help.
Packing polish_packing(const PackingEnergy& energy, const Packing& packing);

}  // namespace digon
