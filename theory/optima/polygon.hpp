#pragma once

#include <Eigen/Core>

#include "core/model/toy_model.hpp"
#include "theory/law/law.hpp"

namespace digon {

/// k features on a regular k-gon in m = 2 with one norm and one bias. chen2023; theory of L_1.
ToyModel regular_polygon(Eigen::Index k, double norm, double bias);

/// The norm l and bias b that minimise L_1 of the regular k-gon,
///   ∫₀¹ (x − max(l²x + b, 0))² dx + Σ_{j=1}^{k−1} ∫₀¹ max(l² cos(2πj/k) x + b, 0)² dx   per feature
/// of values uniform on [0, 1]. The hexagon's l is 1.320526 there, √2 of binary values.
struct PolygonOptimum {
  double norm = 0.0;
  double bias = 0.0;
  double loss_per_feature = 0.0;
  /// Of the Hessian of the whole L_1 by all of W and b, off rotations, ascending: where all are ≥ 0 the k-gon
  /// is stable against every deformation.
  Eigen::VectorXd hessian_eigenvalues;
};

/// Of features of that law: the norm and the bias to 1e-6, the loss to 1e-12. Throws InputError unless k ≥ 1.
PolygonOptimum polygon_optimum(Eigen::Index k, Law law = {});

}  // namespace digon
