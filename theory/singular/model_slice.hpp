#pragma once

#include "theory/optima/objective.hpp"
#include "theory/search/local_descent.hpp"

namespace digon {

// A loss of WᵀW is the same all along the orbit W → QW, Q orthogonal, of a model. Across it, on the slice
//   w = w* + B s,  B an orthonormal basis of all that is orthogonal to the orbit at w*,
// it is what it is near the orbit: (Q, s) → Q(w* + B s) is smooth with a smooth inverse there, its Jacobian
// is a positive smooth factor, and neither changes λ or its multiplicity. So λ is that of the loss on the
// slice, of m(m − 1)/2 parameters fewer (of W of full rank).
//
// Why not leave the rotations in? They add nothing to E[L], but γ holds draws to a ball of radius 1/√γ, in
// which the orbit bends away from its tangent by 1/(2γ‖W‖_F): many times the width 1/√(nβ h) of the valley
// about it once nβ is large. Chains then no longer come round the bend, and what they say is biased: at the
// pentagon, γ = 100, nβ = 10⁷, λ̂ is 7.14 ± 0.01 by chains that R̂ = 1.04 tells to disagree.
//
// Example: L = (‖w‖² − 1)² of w ∈ R² at (1, 0): the slice is w_1, on which L = (w_1² − 1)², λ = ½.

struct ModelSlice {
  SmoothFunction loss;    ///< of s [N − rotations]
  Eigen::MatrixXd basis;  ///< B [N × (N − rotations)]
  Eigen::VectorXd at;     ///< w* [N], where s = 0
};

/// Of the objective about a model.
ModelSlice slice_off_rotations(const Objective& objective, const ToyModel& model);

}  // namespace digon
