#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/input_error.hpp"

namespace digon {

/// The names of an enumeration's values, as users write them.
template <typename Enum, std::size_t count>
using NamedChoices = std::array<std::pair<Enum, std::string_view>, count>;

template <typename Enum, std::size_t count>
std::string_view name_in(const NamedChoices<Enum, count>& choices, Enum value) {
  for (const auto& [choice, name] : choices) {
    if (choice == value) return name;
  }
  return "";
}

/// "a, b, c".
template <typename Enum, std::size_t count>
std::string list_names(const NamedChoices<Enum, count>& choices) {
  std::string list;
  for (const auto& [choice, name] : choices) list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

/// The value of that name; throws InputError that lists the names. `what` is e.g. "an optimizer".
template <typename Enum, std::size_t count>
Enum parse_choice(const NamedChoices<Enum, count>& choices, std::string_view option, std::string_view what,
                  std::string_view text) {
  for (const auto& [choice, name] : choices) {
    if (text == name) return choice;
  }
  reject("{}: '{}' is not {}; accepted: {}", option, text, what, list_names(choices));
}

}  // namespace digon
