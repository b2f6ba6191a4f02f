#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace digon {

/// Something a user gave is wrong. The message is one line that names the input, what was given and what
/// is accepted; the program prints it and exits 2.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws InputError with a formatted message.
template <typename... Args>
[[noreturn]] void reject(fmt::format_string<Args...> message, Args&&... args) {
  throw InputError(fmt::format(message, std::forward<Args>(args)...));
}

}  // namespace digon
