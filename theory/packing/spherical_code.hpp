#pragma once

#include <Eigen/Core>
#include <optional>

#include "theory/packing/code_kind.hpp"
#include "theory/packing/packing.hpp"

namespace digon {

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

/// What a search for codes found.
struct SphericalCodeResult {
  SphericalCode best;
  std::size_t starts = 0;
  std::size_t hits = 0;
};

/// Hops after each start that find what the tables have (docs/search-codes.md): n(m − 1) of them, none where
/// that is above 800 and a descent costs seconds.
std::size_t usual_code_hops(Eigen::Index points, Eigen::Index dim);

/// What the k-th start of a search comes to [m×n], before the conditions of a minimum are solved: the best of
/// a population that evolves over 1 + hops descents (evolution.hpp). A given
/// start is itself the answer where no descent of its population is lower.
Eigen::MatrixXd code_from_start(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                const PackingSearch& search, std::size_t k);

/// The code of least coherence over many starts; of the best the pairs in contact are found and the
/// conditions of a minimum solved by Newton's method, to rounding, where that is lower. The starts are
/// computed by `run`, or on the threads of this process. Throws InputError where n < 2, m < 2 or there are no
/// starts.
SphericalCodeResult search_spherical_code(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                          const PackingSearch& search,
                                          const RunStarts<Eigen::MatrixXd>& run = {});

}  // namespace digon
