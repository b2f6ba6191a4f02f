#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "theory/contour.hpp"

namespace digon {

/// A truncated moment Ψ of one output, E[x^e max(t + a x + y, 0)^r] over y = Σ g_i x_i and, where e ≥ 0, over
/// the output's own feature x, uniform on [0, 1].
struct PowerRequest {
  double t = 0.0;
  int r = 2;
  int e = -1;           ///< −1: without the own feature, E[max(t + y, 0)^r]
  double weight = 0.0;  ///< of this Ψ in the sum F that is differentiated
};

struct PowerAnswer {
  double value = 0.0;  ///< Ψ
  double by_t = 0.0;   ///< ∂Ψ/∂t
};

/// F = Σ weight · Ψ over the requests, its parts and its derivatives.
struct PowerSum {
  std::vector<PowerAnswer> answers;  ///< one a request
  Eigen::VectorXd by_g;              ///< ∂F/∂g_i
  double by_a = 0.0;                 ///< ∂F/∂a, of requests with e ≥ 0
  double uncertainty = 0.0;          ///< of F: truncation (rigorous) and rounding (estimated)
  std::size_t nodes = 0;             ///< quadrature nodes, over all scales
};

/// Ψ for a unit whose others are all heard (g_i ≠ 0, p_i > 0), whatever their scales.
///
/// The large couplings are separated from the small. Patterns with three or more large features active are
/// summed on a contour, where three factors decay at the large scale. In the others the large features are
/// integrated out at the vertices of their cubes, by
///   ∫₀¹ max(t + g x, 0)^r dx = (max(t + g, 0)^{r+1} − max(t, 0)^{r+1}) / ((r + 1) g),
/// which leaves Ψ of higher powers over the small features alone: polynomials in their moments where t + y
/// keeps one sign, and the same problem at a smaller scale where it does not.
PowerSum relu_power_mean(const OutputUnit& unit, const std::vector<PowerRequest>& requests,
                         const ContourOptions& options);

}  // namespace digon
