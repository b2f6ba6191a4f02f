#pragma once

#include <Eigen/Core>

#include "theory/recovery/sparse_recovery.hpp"

namespace digon {

// When least ‖x‖₁ recovers a k-sparse x from m Gaussian measurements, n, m and k large: below
// ρ = k/m = ρ(δ), δ = m/n, with a probability that goes to 1, above it to 0.

/// Donoho and Tanner's weak threshold, in the form of donoho2009:
///   ρ(δ) = max_z {1 − (κ/δ) M(z)} / {1 + z² − κ M(z)},  M(z) = (1 + z²)Φ(−z) − z φ(z),
/// κ = 1 for x ≥ 0 and 2 for x of any sign. Of δ in (0, 1), to 1e-9.
///
/// Example: ρ(0.5) = 0.5582 for x ≥ 0, 0.3857 for any sign.
double weak_threshold(double delta, Signs signs);

/// How many features of density p, as many as there may be, m dimensions hold so that k = np active ones are
/// recovered: n = m/δ with p = δ ρ(δ); at least m. Infinite for p = 0. For p in [0, 1], to 1e-6.
double features_recoverable(Eigen::Index dim, double density, Signs signs);

}  // namespace digon
