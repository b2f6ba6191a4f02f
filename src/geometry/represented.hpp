#pragma once

#include <Eigen/Core>
#include <vector>

namespace digon {

/// Feature i is represented where ‖W_i‖ is above this, else absent. The one number all counts and names use.
///
/// Active alone with value x, feature i gives back ‖W_i‖² x of itself, which leaves (1 − ‖W_i‖²)² of the
/// squared error of an absent one: half at ‖W_i‖ = √(1 − 1/√2) = 0.541. Where k features collapse into one
/// direction (elhage2022 §4) each has norm 1/√k, exactly: two and three are represented, four, at 1/2, are
/// not. Few trained or optimal norms are near it: docs/training.md counts them.
///
/// Example: W = (1, −1, 0.3) has norms 1, 1, 0.3 and represents features 0 and 1; feature 2 gives back 9% of
/// itself.
inline constexpr double represented_norm = 0.54;

/// The features that W [m×n] represents, ascending.
std::vector<Eigen::Index> represented_features(const Eigen::MatrixXd& W);

}  // namespace digon
