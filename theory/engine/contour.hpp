#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include "theory/engine/output_error.hpp"
#include "theory/engine/output_unit.hpp"

namespace digon {

/// How far the contour integral is carried.
struct ContourOptions {
  double tolerance = 1e-12;          ///< absolute, on inactive and active error alike
  double slope_tolerance = 1e-12;    ///< absolute, on a unit_gradient's derivatives
  std::size_t max_nodes = 1U << 18;  ///< per output
  std::size_t most_active = std::numeric_limits<std::size_t>::max();  ///< other features, at most
};

/// The transform of ∂F/∂t is s times that of F: what is left out of F beyond |s| = ω is 1/ω of what is left
/// out of ∂F/∂t, or twice that where the two oscillate apart.
inline double value_left(double slope_left, double omega) {
  return 2.0 * slope_left / omega;
}

/// Whether so much may be left out of ∂F/∂t. By a coupling it may be twice that, and couplings of several
/// scales have a contour each: one may leave a quarter of the tolerance of F.
inline bool is_within(const ContourOptions& options, double slope_left, double omega) {
  return 2.0 * slope_left <= options.slope_tolerance &&
         value_left(slope_left, omega) <= 0.25 * options.tolerance;
}

/// The relative rounding error assumed of a short sum of terms of one sign: a few units in the last place.
inline constexpr double rounding = 8.0 * std::numeric_limits<double>::epsilon();

/// An expected OutputError with an estimate of its numerical error, truncation and rounding.
struct ExpectedError {
  OutputError value;
  OutputError uncertainty;
};

/// E[output_error(b + Σ g_i x_i, a)] given that k of the other features are active, averaged over which, for
/// each k = 0 … n − 1, or up to most_active. The unit's densities do not enter.
///
/// b = −0.2, a = 1, one other with g = 0.5: k = 0 gives 0 and 0.0346667, k = 1 gives 0.018 and 0.0228. Each
/// is within its uncertainty of the truth, and that within the tolerance unless max_nodes were spent.
struct UnitErrorByCount {
  std::vector<ExpectedError> expected;
  std::size_t nodes = 0;
};
UnitErrorByCount expected_error_by_count(const OutputUnit& unit, const ContourOptions& options);

/// The probability that j of `heard` features are active when k of `all` are, for j = 0 … heard
/// (hypergeometric).
std::vector<double> heard_given_all(std::size_t heard, std::size_t all, std::size_t k);

/// The same of the unit without its silent others, for j = 0, 1, … of them active, made one of all others, of
/// which at most most_active are active.
using ErrorsByHeard = std::function<std::vector<ExpectedError>(const OutputUnit& heard, std::size_t& nodes)>;
UnitErrorByCount by_heard_count(const OutputUnit& unit, const ErrorsByHeard& errors,
                                std::size_t most_active = std::numeric_limits<std::size_t>::max());

}  // namespace digon
