#pragma once

#include <Eigen/Core>

namespace digon {

/// How each feature is represented in W [m×n], after elhage2022 §§2, 4. Ŵ_i = W_i/‖W_i‖.
struct FeatureGeometry {
  Eigen::VectorXd norm;  ///< [n] ‖W_i‖: the extent to which feature i is represented
  Eigen::VectorXd
      superposition;  ///< [n] Σ_{j≠i} (Ŵ_i·W_j)²: how much it shares its dimension; 0 where W_i = 0
  Eigen::VectorXd dimensionality;       ///< [n] D_i = ‖W_i‖² / Σ_j (Ŵ_i·W_j)²; 0 where W_i = 0. The
                                        ///< capacity C_i of scherlis2022 §2 is the same; Σ_i D_i ≤ m
  double dimensions_per_feature = 0.0;  ///< D* = m/‖W‖_F²; infinite where W = 0
};

FeatureGeometry feature_geometry(const Eigen::MatrixXd& W);

}  // namespace digon
