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
/// 1/(2n)).
struct RepresentedOptimum {
  Eigen::Index represented = 0;
  Descent at;
  std::size_t hits = 0;  ///< descents that ended at it
};

/// How many descents a search makes, options.starts for each number of represented features. Throws
/// InputError where features < 1, hidden < 1 or there are no starts.
std::size_t one_sparse_descents(Eigen::Index features, Eigen::Index hidden, const OptimumOptions& options);

/// The k-th of them.
Descent one_sparse_descent(Eigen::Index features, Eigen::Index hidden, const OptimumOptions& options,
                           std::size_t k);

/// The best of the finished ones for each number of features they represent, lowest L_1 first.
std::vector<RepresentedOptimum> best_by_represented(const std::vector<std::optional<Descent>>& descents);

/// L_1 of n features of importance 1 in m dimensions, norms and biases free: Thomson's problem is the special
/// case of norms 1 and biases 0. For each number k = 0 … n of represented features the best of options.starts
/// descents from random starts with k of them; a number that no descent ends with is left out. Lowest L_1
/// first. Throws as find_minima does.
std::vector<RepresentedOptimum> one_sparse_optima(Eigen::Index features, Eigen::Index hidden,
                                                  const OptimumOptions& options);

}  // namespace digon
