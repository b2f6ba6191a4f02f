#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/random.hpp"

namespace digon {

/// Random numbers one after the other, for decisions that depend on those before: a stream of its own for
/// each seed.
class RandomDraws {
 public:
  explicit RandomDraws(std::uint64_t seed) : stream_{seed, Purpose::seed, 1} {}

  /// In (0, 1).
  double uniform() {
    const auto words = stream_.block(next_++);
    return open_unit_interval(words[0], words[1]);
  }
  /// A whole number in [0, count).
  std::size_t below(std::size_t count) {
    return std::min(count - 1, static_cast<std::size_t>(uniform() * static_cast<double>(count)));
  }
  /// A seed for what needs many numbers at once.
  std::uint64_t seed() { return derive_seed(stream_.seed, next_++); }

 private:
  RandomStream stream_;
  std::uint64_t next_ = 0;
};

}  // namespace digon
