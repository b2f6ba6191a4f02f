#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace digon {

/// The finite number that is all of a text, if it is one.
inline std::optional<double> parse_number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// The two numbers of a text "LO:HI".
inline std::optional<std::pair<double, double>> parse_range(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<double> low = parse_number(text.substr(0, colon));
  const std::optional<double> high = parse_number(text.substr(colon + 1));
  if (!low || !high) return std::nullopt;
  return std::pair{*low, *high};
}

}  // namespace digon
