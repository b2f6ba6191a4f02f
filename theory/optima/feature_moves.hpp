#pragma once

#include <vector>

#include "theory/search/evolution.hpp"

namespace digon {

/// Changes of a toy model before the next descent: its columns are the features, W_i over b_i [(m+1)×n].
///
/// `weight` is what a feature counts, I_i p_i [n]: features of one weight may change places without effect,
/// so that exchanges are between features of different, but close, weight.
std::vector<Move> feature_moves(const Eigen::VectorXd& weight);

/// Columns in random directions with norms from 0 to about 1.5. No biases: where features are sparse, a
/// positive one costs all and a negative one leaves outputs that nothing turns on.
Eigen::MatrixXd random_features(Eigen::Index features, Eigen::Index hidden, RandomDraws& random);

}  // namespace digon
