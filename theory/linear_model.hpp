#pragma once

#include "core/feature_distribution.hpp"
#include "core/toy_model.hpp"
#include "theory/contour.hpp"

namespace digon {

// The linear model x' = WᵀWx + b, any sparsities. With v_i = Var x_i = p_i/3 − p_i²/4 and μ_i = E x_i = p_i/2
// its loss is
//   L = Σ_j I_j [ Σ_i v_i (δ_ij − G_ji)² + (Σ_i μ_i (δ_ij − G_ji) − b_j)² ];
// exact_loss() gives it.

/// One output's error given that k of the other features are active, averaged over which; k = 0 … n − 1.
/// Without a ReLU it is a quadratic in the moments of y = Σ g_i x_i.
UnitErrorByCount linear_error_by_count(const OutputUnit& unit);

/// The least loss any linear model with m hidden dimensions has, L* = v Σ_{i>m} I_i (importances in falling
/// order): it keeps the m most important features orthonormal and never superposes.
/// Throws InputError unless every feature has the same density.
double linear_optimum_loss(const FeatureDistribution& features, Eigen::Index hidden);

/// A model that attains linear_optimum_loss: unit vectors for the m most important features, b_j = μ for the
/// rest.
ToyModel linear_optimum(const FeatureDistribution& features, Eigen::Index hidden);

}  // namespace digon
