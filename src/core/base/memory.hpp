#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace digon {

/// Bytes this process could still use: what the system has available, or less where its cgroup or its own
/// limit allow less. The greatest number there is where that cannot be known.
std::uint64_t available_memory();

/// "3.2 GB".
std::string text_of_bytes(double bytes);

/// Throws InputError, before the work begins, where it needs more than there is: `what` needs so many bytes.
void require_memory(std::string_view what, double bytes);

}  // namespace digon
