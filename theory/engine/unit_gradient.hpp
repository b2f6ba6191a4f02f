#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>

#include "theory/engine/contour.hpp"

namespace digon {

/// One output's expected error F = w₀ E[inactive] + w₁ E[active], the two of OutputError, over the other
/// features, and its derivatives.
///
/// b = −0.2, a = 1, no others, w = (0.9, 0.1): F = 0.1 · 0.0346667, ∂F/∂b = 0.2 (V_{0,1} − V_{1,0}) =
/// 0.2 (0.32 − 0.48) = −0.032, ∂F/∂a = 0.2 (V_{1,1} − V_{2,0}) = 0.2 (0.2346667 − 0.3306667) = −0.0192.
struct UnitGradient {
  OutputError expected;       ///< E[inactive], E[active]
  double uncertainty = 0.0;   ///< of F; the derivatives are those of F as computed
  double by_bias = 0.0;       ///< ∂F/∂b
  double by_own = 0.0;        ///< ∂F/∂a
  Eigen::VectorXd by_others;  ///< ∂F/∂g_i [n−1]
  std::size_t nodes = 0;
};

/// For a loss, `weights` are S_j and p_j; of a law of any kind but within [−1, 1]. F is within `uncertainty`
/// of the truth, and that and the derivatives' errors within their tolerances unless max_nodes were spent.
UnitGradient unit_gradient(const OutputUnit& unit, const ErrorWeights& weights,
                           const ContourOptions& options);

/// What `heard` gives of the unit without its silent others (output_unit.hpp), with their derivatives and
/// what leaving them out may cost put to it.
UnitGradient with_silent_others(const OutputUnit& unit,
                                const std::function<UnitGradient(const OutputUnit&)>& heard);

/// The same without a ReLU, in closed form.
UnitGradient linear_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights);

}  // namespace digon
