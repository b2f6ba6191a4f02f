#pragma once

#include "theory/engine/contour.hpp"
#include "theory/engine/count_gradient.hpp"
#include "theory/engine/unit_gradient.hpp"

namespace digon {

// The exact expectation of an output's error where every active feature has one constant value c, so that z
// is a sum over subsets: y = c Σ_{i∈A} g_i. No contour falls there, but 2^n patterns meet in the middle.
//
// The others are split in halves, and the 2^{n/2} sums of each half listed in order with their weights w.
// With T = t + y_A and s_r = Σ w_B y_B^r over the y_B > −T, which lie at the end of the list,
//   E[max(t + y_A + y_B, 0)²] = Σ_A w_A (T² s₀ + 2T s₁ + s₂),
// and T falls over the second list as y_A rises over the first: time and memory 2^{n/2}.
//
// Others 0.5 and −1 of density ½, t = 0.2, c = 1: sums {0, 0.5} and {−1, 0}; y_A = 0 meets y_B = 0 alone,
// as does 0.5: ¼ 0.2² + ¼ 0.7² = 0.1325.

/// So many others can be summed over; those with a coupling of 0 do not count.
inline constexpr Eigen::Index most_in_the_middle = 40;

/// unit_gradient of a constant, all others heard, to rounding. Throws InputError where they are more than
/// most_in_the_middle.
UnitGradient constant_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights);

/// The sums of count_gradient.hpp of a constant, all others heard.
void gather_constant(const OutputUnit& heard, CountSums& sums);

/// expected_error_by_count of a constant, to rounding, for n ≤ most_in_the_middle.
UnitErrorByCount constant_error_by_count(const OutputUnit& unit);

}  // namespace digon
