#pragma once

#include <Eigen/Core>
#include <optional>

#include "theory/packing/packing.hpp"

namespace digon {

/// Whether points w and −w are told apart: a spherical code keeps w_i·w_j low, a set of lines |w_i·w_j|.
enum class CodeKind { points, lines };

/// n unit vectors whose largest w_i·w_j (or |w_i·w_j|), the coherence, is to be least.
struct SphericalCode {
  Eigen::MatrixXd W;  ///< [m×n]
  double coherence = 0.0;
  /// ‖Σ μ_ij ∇(w_i·w_j)‖ over the pairs in contact, for the best μ ≥ 0 of sum 1: 0 at a stationary code.
  double residual = 0.0;
  /// The smallest eigenvalue of the Hessian of Σ μ_ij w_i·w_j along the motions that keep all contacts, off
  /// rotations: none where the contacts leave no such motion.
  std::optional<double> least_eigenvalue;
};

/// The largest w_i·w_j, or |w_i·w_j|, of columns of length 1.
double coherence(CodeKind kind, const Eigen::MatrixXd& W);

/// What a search for codes found.
struct SphericalCodeResult {
  SphericalCode best;
  std::size_t starts = 0;
  std::size_t hits = 0;
};

/// What the k-th start of a search comes to [m×n], before the conditions of a minimum are solved.
Eigen::MatrixXd code_from_start(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                const PackingSearch& search, std::size_t k);

/// The code of least coherence over many starts: the soft maximum β⁻¹ log Σ e^{β c} is minimised for growing
/// β (and the Coulomb energy for a first guess), then the pairs in contact are found and the conditions of a
/// minimum solved by Newton's method. The starts are computed by `run`, or on the threads of this process.
/// Throws InputError where n < 2, m < 2 or there are no starts.
SphericalCodeResult search_spherical_code(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                          const PackingSearch& search,
                                          const RunStarts<Eigen::MatrixXd>& run = {});

}  // namespace digon
