#pragma once

#include <Eigen/Core>

namespace digon {

/// How each feature is represented in W [m×n], after elhage2022 §§2, 4. Ŵ_i = W_i/‖W_i‖.
///
/// Example: W = (3, −1) has norms 3, 1, superposition 1, 9, D = 9/(9 + 1), 1/(1 + 9) and D* = 1/10.
struct FeatureGeometry {
  /// [n] ‖W_i‖: the extent to which feature i is represented
  Eigen::VectorXd norm;
  /// [n] Σ_{j≠i} (Ŵ_i·W_j)²: how much it shares its dimension; 0 where W_i = 0
  Eigen::VectorXd superposition;
  /// [n] D_i = ‖W_i‖² / Σ_j (Ŵ_i·W_j)²; 0 where W_i = 0. Σ_i D_i ≤ m. It is the capacity of scherlis2022 §2,
  /// C_i = (W_i·W_i)² / Σ_j (W_i·W_j)², both sides of the fraction divided by ‖W_i‖²: one number, two names.
  Eigen::VectorXd dimensionality;
  double dimensions_per_feature = 0.0;  ///< D* = m/‖W‖_F²; infinite where W = 0
};

FeatureGeometry feature_geometry(const Eigen::MatrixXd& W);

}  // namespace digon
