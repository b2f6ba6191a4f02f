#pragma once

#include "theory/engine/moments.hpp"

namespace digon {

/// The squared error of one output of the ReLU output model, as a function of what the other features do.
///
/// Output j is max(t + a x_j, 0), where a = G_jj and t = b_j + Σ_{i≠j} G_ji x_i. Given t:
///   inactive(t) = max(t, 0)²                          x_j = 0: interference
///   active(t)   = ∫₀¹ (x − max(t + a x, 0))² dx       x_j uniform on [0, 1]: reconstruction
/// Both are piecewise polynomials in t, of degree at most 3, with knots 0 and −a.
struct OutputError {
  double inactive = 0.0;
  double active = 0.0;

  void add(double weight, const OutputError& other) {
    inactive += weight * other.inactive;
    active += weight * other.active;
  }
};

/// Both errors at a given t.
OutputError output_error(double t, double a);

/// ∫₀¹ max(t + g x, 0)² dx, without cancellation.
double mean_square_of_relu(double t, double g);

/// Both errors averaged over one more active feature: ∫₀¹ output_error(t + g x, a) dx.
OutputError output_error(double t, double a, double g);

/// Both errors averaged over two more active features: ∫₀¹∫₀¹ output_error(t + g₁x₁ + g₂x₂, a) dx₁dx₂.
OutputError output_error(double t, double a, double g1, double g2);

/// How much each of the two errors counts: S_j and p_j in a loss.
struct ErrorWeights {
  double inactive = 0.0;  ///< w₀
  double active = 0.0;    ///< w₁
};

/// The active error at t and its derivatives.
struct ActiveErrorSlope {
  double value = 0.0;
  double by_t = 0.0;
  double by_a = 0.0;
};
ActiveErrorSlope active_error_slope(double t, double a);

/// Both errors where the output is on for every input, or has no ReLU: quadratics in Y = shift + y, whose
/// restricted moments of y are given.
///   inactive: E[Y²]      active: E[∫₀¹ (x − (Y + a x))² dx] = E[Y² + (a − 1)Y + (1 − a)²/3]
OutputError always_on_error(const Moments& moments, double shift, double a);

}  // namespace digon
