#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "theory/engine/contour.hpp"

namespace digon {

/// One output's expected error F = w₀ E[inactive] + w₁ E[active], the two of OutputError, over the other
/// features, and its derivatives.
struct UnitGradient {
  OutputError expected;       ///< E[inactive], E[active]
  double uncertainty = 0.0;   ///< of F; the derivatives are those of F as computed
  double by_bias = 0.0;       ///< ∂F/∂b
  double by_own = 0.0;        ///< ∂F/∂a
  Eigen::VectorXd by_others;  ///< ∂F/∂g_i [n−1]
  std::size_t nodes = 0;
};

/// For a loss, `weights` are S_j and p_j.
UnitGradient unit_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                           const ContourOptions& options);

/// The same without a ReLU.
UnitGradient linear_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights);

}  // namespace digon
