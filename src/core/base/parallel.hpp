#pragma once

#include <cstddef>
#include <functional>
#include <limits>

namespace digon {

/// As a number of threads: those of the parallel_for that this is called inside of.
inline constexpr std::size_t threads_inside = std::numeric_limits<std::size_t>::max();

/// Calls work(0) … work(count − 1), each once, on `threads` threads (0: one a core) in no fixed order.
/// Results must not depend on that order. The first exception thrown ends the rest and is thrown on.
void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work);

/// As parallel_for, in the threads of the parallel_for that this is called inside of.
void parallel_for_inside(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace digon
