#include "program/study/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/base/input_error.hpp"
#include "core/base/parse_number.hpp"

namespace digon {
namespace {

constexpr double most_values = 100'000;

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

/// The values of "lin:FROM:TO:COUNT" or "log:…"; the ends are exact.
std::vector<std::string> values_of_range(const std::string& name, const std::string& text) {
  const std::vector<std::string> parts = split_at(text, ':');
  const bool is_log = parts[0] == "log";
  std::array<std::optional<double>, 3> numbers;
  for (std::size_t k = 1; k < std::min<std::size_t>(parts.size(), 4); ++k)
    numbers[k - 1] = parse_number(parts[k]);
  const auto& [from, to, count] = numbers;
  if (parts.size() != 4 || !from || !to || !count || *count != std::floor(*count) || *count < 2.0 ||
      *count > most_values || *from == *to || (is_log && !(*from > 0.0 && *to > 0.0))) {
    reject("{}: '{}' given; accepted: {}:FROM:TO:COUNT with {}FROM ≠ TO and a whole COUNT from 2 to {}", name,
           text, parts[0], is_log ? "FROM, TO > 0, " : "", most_values);
  }
  std::vector<std::string> values;
  for (double k = 0.0; k < *count; ++k) {
    const double share = k / (*count - 1.0);
    const double value = k == 0.0            ? *from
                         : k == *count - 1.0 ? *to
                         : is_log            ? *from * std::pow(*to / *from, share)
                                             : *from + (*to - *from) * share;
    values.push_back(fmt::format("{:.15g}", value));  // 0.001, where a power is off in the last digit
  }
  return values;
}

bool is_range(const std::string& text) {
  return text.starts_with("lin:") || text.starts_with("log:");
}

AxisScale scale_of(const std::vector<double>& values) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  return *least > 0.0 && *greatest >= 10.0 * *least ? AxisScale::logarithmic : AxisScale::linear;
}

}  // namespace

std::string StudyAxis::column() const {
  std::string name = option;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

StudyAxis parse_axis(const std::string& name, const std::string& option,
                     const std::vector<std::string>& texts) {
  if (texts.empty()) {
    reject("{}: no values; accepted: at least one, or lin:FROM:TO:COUNT or log:FROM:TO:COUNT", name);
  }
  StudyAxis axis;
  axis.option = option;
  bool is_log = false;
  bool is_lin = false;
  for (const std::string& text : texts) {
    if (!is_range(text)) {
      axis.texts.push_back(text);
      continue;
    }
    (text.starts_with("log:") ? is_log : is_lin) = true;
    for (std::string& value : values_of_range(name, text)) axis.texts.push_back(std::move(value));
  }
  for (std::size_t k = 0; k < axis.size(); ++k) {
    const std::string& text = axis.texts[k];
    const std::optional<double> number = parse_number(text);
    axis.is_numeric = axis.is_numeric && number.has_value();
    axis.values.push_back(number.value_or(0.0));
    if (std::find(axis.texts.begin(), axis.texts.begin() + std::ptrdiff_t(k), text) !=
        axis.texts.begin() + std::ptrdiff_t(k)) {
      reject("{}: {} given twice; accepted: values that differ", name, text);
    }
  }
  if (axis.is_numeric) {
    axis.scale = is_log ? AxisScale::logarithmic : is_lin ? AxisScale::linear : scale_of(axis.values);
  } else {
    for (std::size_t k = 0; k < axis.size(); ++k) axis.values[k] = double(k);
  }
  return axis;
}

NamedValues parse_assignment(const std::string& option, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    reject("{}: '{}' given; accepted: NAME=VALUE,VALUE,… or NAME=log:FROM:TO:COUNT or NAME=lin:FROM:TO:COUNT",
           option, text);
  }
  return {text.substr(0, equals), split_at(text.substr(equals + 1), ',')};
}

}  // namespace digon
