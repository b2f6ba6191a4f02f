#include "core/base/memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

/// The number that is all of a file, as the kernel's are; unknown where there is none, as of "max".
std::uint64_t number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : unknown;
}

/// A line "MemAvailable:  123 kB" of /proc/meminfo.
std::uint64_t available_in_system() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::uint64_t kilobytes = 0;
  for (std::string unit; file >> key >> kilobytes; std::getline(file, unit)) {
    if (key == "MemAvailable:") return kilobytes * 1024;
  }
  return unknown;
}

std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) {
  if (limit == unknown) return unknown;
  return limit - std::min(limit, used == unknown ? 0 : used);
}

std::uint64_t left_in_address_space() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unknown;
  constexpr std::uint64_t page = 4096;
  const std::uint64_t pages = number_in("/proc/self/statm");
  return left_of(limit.rlim_cur, pages == unknown ? 0 : pages * page);
}

}  // namespace

std::uint64_t available_memory() {
  return std::min(
      {available_in_system(),
       left_of(number_in("/sys/fs/cgroup/memory.max"), number_in("/sys/fs/cgroup/memory.current")),
       left_of(number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
               number_in("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
       left_in_address_space()});
}

std::string text_of_bytes(double bytes) {
  constexpr std::array units{"bytes", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 1000.0 && unit + 1 < units.size(); ++unit) bytes /= 1000.0;
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

void require_memory(std::string_view what, double bytes) {
  const std::uint64_t there = available_memory();
  if (there != unknown && bytes > double(there)) {
    reject("{} needs at least {} of memory; there are {}", what, text_of_bytes(bytes),
           text_of_bytes(double(there)));
  }
}

}  // namespace digon
