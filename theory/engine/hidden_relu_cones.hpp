#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "theory/engine/hidden_relu_network.hpp"

namespace digon {

/// The chance of each feature, pair or triple to be the one active, given how many are: in proportion to the
/// product of its members' odds p/(1 − p). Of equal densities, the same for all.
using Odds = Eigen::VectorXd;

/// The mean loss with exactly k features active, k = 0 … up_to ≤ 3, exactly: the cube [0, 1]^k is cut into
/// simplices with a vertex at 0 on which the network is linear (simplex_square.hpp). To some 1e-15.
///
/// k = 2: the neurons a with A_a B_a < 0, where A and B are what the two features give them, turn on or off
/// along a ray of direction (|B_a|, |A_a|); between neighbouring rays the square is a triangle or, at its
/// corner, two. W = (1, −1)ᵀ [2×1] with D = (1, 1) is |x|: L̄_0 = L̄_1 = 0 on both rays of [−1, 1].
///
/// Cost of k = 1: O(n² m); of k = 2: O(n³ m) on lanes, 0.1 ms at n = 10, m = 5; of k = 3: O(n⁴ m²) as
/// plain code. Features of odds 0 are never active.
Eigen::VectorXd means_by_active(const HiddenReluNetwork& network, const Odds& odds, Eigen::Index up_to,
                                std::size_t threads);

/// The same for k ≤ 2, and the gradient of Σ_k weight[k] L̄_k; of pairs nothing where weight[2] is 0.
struct MeansAndGradient {
  Eigen::Vector3d means;
  HiddenReluGradient gradient;
};
MeansAndGradient means_and_gradient(const HiddenReluNetwork& network, const Odds& odds,
                                    const Eigen::Vector3d& weight, std::size_t threads);

/// What single features cause: entry (j, i) is I_j E[(t_j − y'_j)²] given that i alone is active [n×n].
Eigen::MatrixXd errors_of_single_features(const HiddenReluNetwork& network);

}  // namespace digon
