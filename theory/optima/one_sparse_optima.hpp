#pragma once

#include <vector>

#include "theory/optima/optimum.hpp"

namespace digon {

/// Columns of W longer than this are represented features.
inline constexpr double represented_norm = 0.1;

/// The lowest L_1 found with a given number of features represented, the others absent (W_i = 0, b_i =
/// 1/(2n)).
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
