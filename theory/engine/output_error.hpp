#pragma once

#include <cmath>

#include "theory/engine/moments.hpp"
#include "theory/law/law.hpp"

namespace digon {

inline const GaussRule<2> gauss2{{0.5 - 0.5 / std::sqrt(3.0), 0.5 + 0.5 / std::sqrt(3.0)}, {0.5, 0.5}};
inline const GaussRule<3> gauss3{{0.5 - 0.5 * std::sqrt(0.6), 0.5, 0.5 + 0.5 * std::sqrt(0.6)},
                                 {5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0}};

/// The squared error of one output of the ReLU output model, as a function of what the other features do.
///
/// Output j is max(t + a x_j, 0), where a = G_jj and t = b_j + Σ_{i≠j} G_ji x_i. Given t:
///   inactive(t) = max(t, 0)²                          x_j = 0: interference
///   active(t)   = E[(x − max(t + a x, 0))²]           x = x_j active: reconstruction
/// For x uniform on [0, 1] both are piecewise polynomials in t, of degree at most 3, with knots 0 and −a.
///
/// t = −0.2, a = 1: inactive 0; active ∫₀^0.2 x² dx + 0.8 · 0.2² = 0.0346667. One more active feature with
/// g = 0.5 makes them 0.018 and 0.0228.
///
/// All are right to 4e-15 (1 + |t| + |a| + |g₁| + |g₂|)², for any finite arguments whose squares are finite.
struct OutputError {
  double inactive = 0.0;
  double active = 0.0;

  void add(double weight, const OutputError& other) {
    inactive += weight * other.inactive;
    active += weight * other.active;
  }
};

/// Both errors at a given t.
OutputError output_error(Law law, double t, double a);

/// Both errors averaged over one more active feature: E[output_error(t + g x, a)].
OutputError output_error(Law law, double t, double a, double g);

/// Both errors averaged over two more active features: E[output_error(t + g₁x₁ + g₂x₂, a)].
OutputError output_error(Law law, double t, double a, double g1, double g2);

/// The same errors with their derivatives, averaged over as many active features as are given.
struct ErrorSlope {
  OutputError value;
  OutputError by_t;
  OutputError by_g1;
  OutputError by_g2;
  double active_by_own = 0.0;  ///< ∂active/∂a

  void add(double weight, const ErrorSlope& other) {
    value.add(weight, other.value);
    by_t.add(weight, other.by_t);
    by_g1.add(weight, other.by_g1);
    by_g2.add(weight, other.by_g2);
    active_by_own += weight * other.active_by_own;
  }
};
ErrorSlope error_slope(Law law, double t, double a);
ErrorSlope error_slope(Law law, double t, double a, double g);
ErrorSlope error_slope(Law law, double t, double a, double g1, double g2);

/// How much each of the two errors counts: S_j and p_j in a loss.
struct ErrorWeights {
  double inactive = 0.0;  ///< w₀
  double active = 0.0;    ///< w₁
};

/// Both errors where the output is on for every input, or has no ReLU: quadratics in Y = shift + y, whose
/// restricted moments of y are given.
///   inactive: E[Y²]      active: E[(x − (Y + a x))²] = E[Y²] + 2μ₁ (a − 1) E[Y] + μ₂ (1 − a)²
OutputError always_on_error(Law law, const Moments& moments, double shift, double a);

}  // namespace digon
