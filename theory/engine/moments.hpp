#pragma once

#include <array>

#include "theory/law/law.hpp"

namespace digon {

/// The first three moments of a random sum restricted to an event: E[1], E[y], E[y²]. Multiplying two of them
/// adds the independent sums: x₁ + x₂ of two active features, {1, 1/2, 1/3} each, has {1, 1, 7/6}.
struct Moments {
  std::array<double, 3> m{};
};
inline Moments operator+(const Moments& a, const Moments& b) {
  return {{a.m[0] + b.m[0], a.m[1] + b.m[1], a.m[2] + b.m[2]}};
}
inline Moments operator*(const Moments& a, const Moments& b) {
  return {{a.m[0] * b.m[0], a.m[0] * b.m[1] + a.m[1] * b.m[0],
           a.m[0] * b.m[2] + 2.0 * a.m[1] * b.m[1] + a.m[2] * b.m[0]}};
}
inline Moments operator*(double a, const Moments& b) {
  return {{a * b.m[0], a * b.m[1], a * b.m[2]}};
}

/// The moments of g x, x active.
inline Moments moments_of_active(Law law, double g) {
  return {{1.0, scaled_moment(law, g, 1), scaled_moment(law, g * g, 2)}};
}

}  // namespace digon
