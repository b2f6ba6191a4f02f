#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>

namespace digon {

// What the functions of a law (law.hpp) take and give.

/// An interval of values.
struct Support {
  double least = 0.0;
  double greatest = 0.0;
};

/// Numbers that functions take some together, so that they are vectors, on the stack.
inline constexpr int most_numbers = 160;
using FewNumbers = Eigen::Array<double, Eigen::Dynamic, 1, 0, most_numbers, 1>;

/// z^r for r ≥ 0.
inline double whole_power(double z, int r) {
  double power = 1.0;
  for (int k = 0; k < r; ++k) power *= z;
  return power;
}

/// max(z, 0)^r for r ≥ 0, with 0⁰ = 0: what is off does not count.
inline double positive_power(double z, int r) {
  return z <= 0.0 ? 0.0 : whole_power(z, r);
}

/// The moduli of u = s g up to which exponential_moments_near holds, and from which on
/// exponential_moments_far does; the two overlap.
struct ExponentialRadii {
  double near = 0.0;
  double far = 0.0;
};

/// The active error at t and its derivatives.
struct ActiveErrorSlope {
  double value = 0.0;
  double by_t = 0.0;
  double by_a = 0.0;
};

/// Σ_{i≠own} E[max(t + g_i x, 0)²], what single features cause at one output, and its derivatives.
struct SquaresOfRelu {
  double value = 0.0;
  double by_t = 0.0;
  Eigen::ArrayXd by_g;  ///< times the weight that was given; entry `own` is 0

  Eigen::ArrayXd end;     ///< of the line t + g x at the far end of x, where it is above 0
  Eigen::ArrayXd length;  ///< of the x where it is
};

/// Gauss–Legendre nodes and weights on [0, 1], exact for polynomials of degree 2N − 1.
template <std::size_t N>
struct GaussRule {
  std::array<double, N> node;
  std::array<double, N> weight;
};

/// Where the vertex rule evaluates: at t + g · near and t + g · far.
struct Vertices {
  double near = 0.0;
  double far = 0.0;
};

}  // namespace digon
