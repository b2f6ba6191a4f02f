#pragma once

#include "theory/engine/contour.hpp"
#include "theory/engine/power_points.hpp"
#include "theory/engine/scale_contour.hpp"

namespace digon {

/// The truncated moments of a unit at `points`, whose values are filled, and the derivatives of
/// F = Σ weight · V by the couplings. All others must be heard: g_i ≠ 0, p_i > 0, whatever their scales.
///
/// The large couplings are separated from the small. Where at most two large features are active these are
/// integrated out at the vertices of their cubes, by
///   ∫₀¹ max(t + g x, 0)^r dx = (max(t + g, 0)^{r+1} − max(t, 0)^{r+1}) / ((r + 1) g),
/// which leaves truncated moments of higher powers over the small features alone: polynomials in their
/// moments where t + y keeps one sign, and the same problem at a smaller scale where it does not. Patterns
/// with k₀ or more of them active, k₀ ≤ 3, are summed on a contour, where as many factors decay at the large
/// scale. Where the whole sum is smooth enough, one contour takes all patterns (k₀ = 0).
///
/// One other of density 0.4 with g = 0.5, at t = −0.2: V_{−1,2} = 0.6 · 0 + 0.4 (0.3³ − 0)/(3 · 0.5) =
/// 0.0072.
///
/// F is within the returned uncertainty of the truth, and that and the derivatives' errors within their
/// tolerances (couplings of order 1; any scales below) unless the nodes were spent.
PowerSumParts relu_power_mean(const OutputUnit& unit, PowerPoints& points, const ContourOptions& options);

}  // namespace digon
