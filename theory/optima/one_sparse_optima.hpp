#pragma once

#include <vector>

#include "theory/optima/optimum.hpp"

namespace digon {

/// Columns of W shorter than this are 0 in numbers. L_1 is flat about an absent feature, of which descents
/// leave up to 0.04; the shortest that are not absent, features that share one direction, have 0.17. Whether
/// a feature that is not absent counts as represented elsewhere is another question:
/// geometry/represented.hpp.
inline constexpr double absent_norm = 0.1;

/// The lowest L_1 found with a given number of features represented, the others absent (W_i = 0, b_i =
/// μ₁/n = 1/(2n)).
struct RepresentedOptimum {
  Eigen::Index represented = 0;
  Descent at;
  std::size_t hits = 0;  ///< descents that ended at it
};

/// The k-th descent of a search, of which there are options.starts for each number of represented features.
Descent one_sparse_descent(Eigen::Index features, Eigen::Index hidden, const OptimumOptions& options,
                           std::size_t k);

/// L_1 of n features of importance 1 in m dimensions, norms and biases free: Thomson's problem is the special
/// case of norms 1 and biases 0. For each number k = 0 … n of represented features the best of options.starts
/// descents from random starts with k of them; a number that no descent ends with is left out. Lowest L_1
/// first. The descents are computed by `run`, or on the threads of this process. Throws as find_minima does.
std::vector<RepresentedOptimum> one_sparse_optima(Eigen::Index features, Eigen::Index hidden,
                                                  const OptimumOptions& options,
                                                  const RunStarts<Descent>& run = {});

}  // namespace digon
