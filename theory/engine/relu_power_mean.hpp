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
/// with three or more large features active are summed on a contour, where three factors decay at the large
/// scale. Where the whole sum is smooth enough, one contour takes all patterns.
PowerSumParts relu_power_mean(const OutputUnit& unit, PowerPoints& points, const ContourOptions& options);

}  // namespace digon
