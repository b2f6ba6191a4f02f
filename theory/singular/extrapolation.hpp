#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace digon {

// What a quantity measured at t = t_1 < t_2 < … comes to as t → ∞, with an error that knows that the way
// there is not known: the mean over ways of approach and over how many of the first t are left out, each
// weighted by exp(−χ²/2 − parameters − points left out), and the spread of what they say in the error
// (jay2021). No way is picked.
//
// Example: 0.412, 0.427, 0.438 (± 0.001) at t = 10⁴, 10⁵, 10⁶ come to 0.500 along a − 1/(log t + c), and to
// 0.44 if the last were taken for the limit.

/// The ways of approach: of an analytic loss λ̂(t) = λ − (m − 1)/(log t + c) + O(t^−r), m the multiplicity
/// (watanabe2009); r = 1 where the loss is quadratic across its minima, ½ where it has odd higher terms or
/// kinks.
enum class Approach { none, inverse, inverse_root, logarithm };
std::string_view name_of(Approach approach);

/// A measurement.
struct AtFinite {
  double t = 0.0;
  double value = 0.0;
  double error =
      0.0;  ///< standard error; less than 1e-3 |value| counts as that, since no way of approach is exact
};

struct ApproachFit {
  Approach approach = Approach::none;
  std::size_t left_out = 0;  ///< of the first points
  double value = 0.0;        ///< as t → ∞
  double error = 0.0;
  double chi_squared = 0.0;
  double weight = 0.0;  ///< all sum to 1
};

struct Extrapolation {
  double value = 0.0;
  double error = 0.0;  ///< one standard deviation: of the fits and among them
  std::vector<ApproachFit> fits;

  /// The weight of all fits of one way of approach.
  [[nodiscard]] double weight_of(Approach approach) const;
};

/// Of one measurement the measurement itself. Throws InputError where there is none, or t does not ascend
/// from above 0.
Extrapolation extrapolate(const std::vector<AtFinite>& points);

}  // namespace digon
