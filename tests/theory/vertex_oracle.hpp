#pragma once

#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// What an active feature is: uniform on [least, greatest], the constant `least` where they are equal.
struct OracleLaw {
  double least = 0.0;
  double greatest = 1.0;
};

/// The exact loss of the ReLU output model by summing over all 2ⁿ activity patterns and the vertices of each
/// one's cube, with 150 digits: slow, and independent of everything in theory/. For n ≤ 10 and couplings of 0
/// or at least 10⁻³⁰.
struct OracleLoss {
  double loss = 0.0;
  std::vector<double> L;  ///< L_0 … L_n, sums over patterns
};

OracleLoss vertex_oracle(const ToyModel& model, const FeatureDistribution& features,
                         const OracleLaw& values = {});

/// The gradient of that loss by central differences with step 10⁻⁴⁰: exact to double. For n ≤ 6.
struct OracleGradient {
  Eigen::MatrixXd by_W;  ///< [m×n]
  Eigen::VectorXd by_b;  ///< [n]
};

OracleGradient vertex_oracle_gradient(const ToyModel& model, const FeatureDistribution& features,
                                      const OracleLaw& values = {});

/// V_{e,r}(t) = E[x^e max(t + a x + Σ g_i x_i, 0)^r] of an active x and features of densities p_i; e = −1:
/// without x. With its derivatives (r ≥ 1, or away from kinks), in the same way. For up to 6 features.
struct OraclePowerMean {
  double value = 0.0;
  double by_t = 0.0;
  double by_a = 0.0;
  Eigen::VectorXd by_g;
};

OraclePowerMean vertex_power_mean(double t, double a, const Eigen::VectorXd& g,
                                  const Eigen::VectorXd& density, int e, int r, const OracleLaw& values = {});

}  // namespace digon
