#pragma once

#include <Eigen/Core>
#include <limits>
#include <optional>

#include "theory/packing/code_kind.hpp"
#include "theory/search/sphere_descent.hpp"

namespace digon {

// The coherence of a code, its largest inner product, is no smooth function. A descent comes to its local
// minima in two parts: the soft maximum at one sharpness chooses the basin, an interior-point method finds
// the minimum in it.

/// Close enough to choose a basin.
inline constexpr DescentOptions choosing_basin{.steps = 200,
                                               .memory = 8,
                                               .function_tolerance = 1e-6,
                                               .gradient_tolerance = 1e-4,
                                               .parameter_tolerance = 1e-6};

/// Where L-BFGS on the soft maximum of this sharpness β ends from W [m×n], whose columns need not be of
/// length 1. Low β favours codes that are even on all scales, high β those whose contacts fit.
Eigen::MatrixXd soft_minimum(CodeKind kind, double sharpness, const Eigen::MatrixXd& W,
                             const DescentOptions& options = choosing_basin);

/// The local minimum of the coherence near W [m×n], columns of length 1, down to 1e-11; nothing where it will
/// be above `bar`. The path begins at t = c + slack (1 − c), c the coherence of W: a large slack leads back
/// to even codes, a small one keeps the basin of W.
///
/// A primal-dual interior-point method on min t with s_k = t − c_k > 0 for every pair: with multipliers λ_k,
///   Σ λ_k ∇c_k = 0,  Σ λ_k = 1,  λ_k s_k = τ,
/// τ falling to 0. Newton's steps are taken along the spheres with the exact Hessian Σ λ_k ∇²c_k, made
/// positive by a multiple of the identity where it must; while
/// it must τ does not fall, so that the path leaves saddles. Σ λ_k c_k foretells the end to first order in τ,
/// and ends what is not going to win: of descents that would have ended at the bar itself, one in twenty-five
/// that pass a saddle late too. Each step costs (n(m − 1))³/3; some 25 are taken.
std::optional<Eigen::MatrixXd> sharp_minimum(CodeKind kind, const Eigen::MatrixXd& W, double slack,
                                             double bar = std::numeric_limits<double>::infinity());

}  // namespace digon
