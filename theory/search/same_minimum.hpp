#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace digon {

/// How close the values of two ends of descents are that count as one minimum. The relative part is what the
/// descents leave open; the absolute one is for minima of value 0.
struct SameMinimum {
  double relative = 0.0;
  double absolute = 0.0;

  /// Whether a value is that of the minimum of this lowest value: value ≤ lowest + relative |lowest| +
  /// absolute.
  [[nodiscard]] bool holds(double value, double lowest) const {
    return value <= lowest + (relative * std::abs(lowest) + absolute);
  }
};

/// The numbers of those values that belong to one minimum, minimum by minimum and each ascending in value;
/// values that are not finite belong to none. A minimum begins at its lowest value, and all that is the same
/// as that belongs to it.
///
/// Example, relative 0.01: of 3, 2, 2.015, ∞, 3.03, 2.025 the minima are {1, 2}, {5} and {0, 4}.
std::vector<std::vector<std::size_t>> minima_of(const std::vector<double>& values, const SameMinimum& same);

/// A minimum that a search found, and the starts that ended there.
template <typename Found>
struct FoundMinimum {
  Found at;                         ///< the lowest of them
  std::vector<std::size_t> starts;  ///< by value

  [[nodiscard]] std::size_t hits() const { return starts.size(); }
};

/// The minima in which the starts of a search ended, lowest first, told apart by value(found), which may be a
/// member, e.g. &Descent::loss. The k-th of found is that of start k; missing ones belong to no minimum.
template <typename Found, typename Value>
std::vector<FoundMinimum<Found>> distinct_minima(const std::vector<std::optional<Found>>& found,
                                                 const Value& value, const SameMinimum& same) {
  std::vector<double> values;
  for (const std::optional<Found>& each : found) {
    values.push_back(each ? std::invoke(value, *each) : std::numeric_limits<double>::infinity());
  }
  std::vector<FoundMinimum<Found>> minima;
  for (std::vector<std::size_t>& starts : minima_of(values, same)) {
    minima.push_back({*found[starts.front()], std::move(starts)});
  }
  return minima;
}

}  // namespace digon
