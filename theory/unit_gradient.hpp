#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "theory/contour.hpp"

namespace digon {

/// One output's expected error F = w₀ E[inactive] + w₁ E[active] (expected_error) and its derivatives.
struct UnitGradient {
  double value = 0.0;
  double uncertainty = 0.0;   ///< of the value; the derivatives are those of the value as computed
  double by_bias = 0.0;       ///< ∂F/∂b
  double by_own = 0.0;        ///< ∂F/∂a
  Eigen::VectorXd by_others;  ///< ∂F/∂g_i [n−1]
  std::size_t nodes = 0;
};

/// F and its gradient by the method of expected_error, at the same cost order: prefix and suffix products
/// give the product over all other features but one.
///   ∂F/∂b = E[q'],  ∂F/∂g_i = E[x_i q'],  ∂F/∂a = w₁ E[∂_a active],  q = w₀ inactive + w₁ active, ' = d/dt.
UnitGradient unit_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                           const ContourOptions& options);

/// The same without a ReLU.
UnitGradient linear_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights);

}  // namespace digon
