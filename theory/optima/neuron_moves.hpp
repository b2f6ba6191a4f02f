#pragma once

#include <vector>

#include "core/model/toy_model.hpp"
#include "theory/search/evolution.hpp"

namespace digon {

/// Changes of a model with a ReLU in its hidden layer before the next descent, on columns W_i, over what
/// output i reads of an untied model, over b_i: features drawn again or exchanged, and neurons drawn again,
/// given to another feature or taken from another minimum. Its basis is privileged: nothing is rotated, and
/// neurons of two minima are told to be the same by their weights.
///
/// `weight` is what a feature counts, I_i [n]: see feature_moves.
std::vector<Move> neuron_moves(ModelKind kind, Eigen::Index hidden, const Eigen::VectorXd& weight);

/// A start: W normal as for a ReLU output model, W_out = |Wᵀ| of an untied model, no biases.
Eigen::MatrixXd random_circuits(ModelKind kind, Eigen::Index features, Eigen::Index hidden,
                                RandomDraws& random);

}  // namespace digon
