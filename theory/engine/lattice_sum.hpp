#pragma once

#include "theory/engine/contour.hpp"
#include "theory/engine/unit_gradient.hpp"

namespace digon {

/// unit_gradient of a constant value c and more others than meet in the middle, all heard: on a lattice, to
/// an error that is stated.
///
/// The law of y = c Σ g_i is carried from feature to feature on points of spacing h. A step c g_i that is no
/// multiple of h goes to its two neighbours so that its mean stays: y is moved by a ξ of mean 0 and variance
/// v ≤ Σ h²/4 over what is active. That adds v to E[max(t + y, 0)²] where z > 0 and nothing where z < 0: it
/// is subtracted, and what is left comes from patterns with |z| of the order of √v and from v's own spread.
/// Of E[max(t + y, 0)] it changes at most (√(z² + v) − |z|)/2. All falls like h², which is halved until the
/// tolerance is met or there are 2^18 points.
///
/// c = 1, one other g = 0.3, h = 0.25: 0.3 goes to 0.25 and 0.5 with 0.8 and 0.2; E = 0.3, E of the square is
/// 0.1 instead of 0.09, v = 0.01.
UnitGradient lattice_unit_gradient(const OutputUnit& heard, const ErrorWeights& weights,
                                   const ContourOptions& options);

}  // namespace digon
