#pragma once

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "theory/engine/contour.hpp"

namespace digon {

// The linear model x' = WᵀWx + b, any sparsities. With v_i = Var x_i and μ_i = E x_i (p_i/3 − p_i²/4 and
// p_i/2 of uniform features) its loss is
//   L = Σ_j I_j [ Σ_i v_i (δ_ij − G_ji)² + (Σ_i μ_i (δ_ij − G_ji) − b_j)² ];
// exact_loss() gives it.

/// One output's error given that k of the other features are active, averaged over which; k = 0 … n − 1.
/// Without a ReLU it is a quadratic in the moments of y = Σ g_i x_i.
UnitErrorByCount linear_error_by_count(const OutputUnit& unit);

/// The least loss any linear model with m hidden dimensions has: the sum of the n − m smallest I_i v_i. It
/// keeps the m features of the largest I_i v_i orthonormal and never superposes. To a relative 1e-14.
///
/// With the best b, L = Σ_ij I_j v_i (δ_ij − G_ij)². The weights of G_ij and G_ji average at least √(I_i v_i
/// I_j v_j), so L ≥ ‖D − D^{½} G D^{½}‖² with D = diag √(I_i v_i), of which no rank-m G leaves less than the
/// n − m smallest D_ii².
///
/// Of features that are not independent, of covariance C, the same holds with the eigenvalues of DCD, D =
/// diag √I_i, for the bound is L ≥ ‖(D − D G) C^{½}‖². It is attained where features that covary share their
/// importance: the model then keeps the principal components of each importance. Throws InputError where
/// they do not: no symmetric G is known to attain the bound.
///
/// Two features of variance v and covariance c in one dimension: v − |c|, of the component (1, ∓1)/√2.
double linear_optimum_loss(const FeatureDistribution& features, Eigen::Index hidden);

/// Whether linear_optimum_loss is known: of independent features, and where those that covary share their
/// importance.
bool has_linear_optimum(const FeatureDistribution& features);

/// A model that attains linear_optimum_loss: unit vectors for the m features kept, b_j = μ_j for the rest; of
/// dependent features principal components.
ToyModel linear_optimum(const FeatureDistribution& features, Eigen::Index hidden);

/// The ReLU output model without superposition: the weights of the linear optimum of independent features of
/// these values, densities and importances, and its biases as far as a ReLU can answer them.
ToyModel without_superposition(const FeatureDistribution& features, Eigen::Index hidden);

}  // namespace digon
