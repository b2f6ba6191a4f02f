#pragma once

#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// The exact loss of the ReLU output model by summing over all 2ⁿ activity patterns and the vertices of each
/// one's cube, with 150 digits: slow, and independent of everything in theory/. For n ≤ 10.
struct OracleLoss {
  double loss = 0.0;
  std::vector<double> L;  ///< L_0 … L_n, sums over patterns
};

OracleLoss vertex_oracle(const ToyModel& model, const FeatureDistribution& features);

/// The gradient of that loss by central differences with step 10⁻⁴⁰: exact to double. For n ≤ 6.
struct OracleGradient {
  Eigen::MatrixXd by_W;  ///< [m×n]
  Eigen::VectorXd by_b;  ///< [n]
};

OracleGradient vertex_oracle_gradient(const ToyModel& model, const FeatureDistribution& features);

}  // namespace digon
