#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/search/same_minimum.hpp"

namespace digon {

// A search is many starts that know nothing of each other: start k, from a seed of its own, comes to
// something (a descent, a descent with hops, a whole population), and of what the starts came to the distinct
// minima are kept. So they can be computed anywhere and in any order with the same answer.
//
// Example: of five starts the third is interrupted and the others end at 3, 2, 2 + 1e-12 and 3. The search
// answers two minima: 2, with starts {1, 3}, and 3, with {0, 4}.

struct SearchOptions {
  std::size_t starts = 32;
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; the result does not depend on it
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with starts done
};

/// What start k comes to; nothing where it cannot be evaluated.
template <typename Found>
using Start = std::function<std::optional<Found>(std::size_t k)>;

/// An executor of the starts 0 … count − 1: the k-th of its answer is what start k comes to, missing where
/// that is nothing or was interrupted. One that computes elsewhere need not call `start`, but must answer the
/// same.
template <typename Found>
using RunStarts =
    std::function<std::vector<std::optional<Found>>(std::size_t count, const Start<Found>& start)>;

/// The starts side by side on the threads of this process.
template <typename Found>
RunStarts<Found> on_threads(const SearchOptions& options) {
  return
      [threads = options.threads, advance = options.advance](std::size_t count, const Start<Found>& start) {
        std::vector<std::optional<Found>> found(count);
        parallel_for(count, threads, [&](std::size_t k) {
          if (interrupted()) return;
          std::optional<Found> end = start(k);
          if (interrupted()) return;  // what was cut short is no result
          found[k] = std::move(end);
          advance(1);
        });
        return found;
      };
}

/// The distinct minima of so many starts, lowest value first.
template <typename Found, typename Value>
std::vector<FoundMinimum<Found>> multi_start(std::size_t count, const Start<Found>& start, const Value& value,
                                             const SameMinimum& same, const RunStarts<Found>& run) {
  return distinct_minima(run(count, start), value, same);
}

/// How many starts came to something.
template <typename Found>
std::size_t starts_finished(const std::vector<FoundMinimum<Found>>& minima) {
  std::size_t count = 0;
  for (const FoundMinimum<Found>& minimum : minima) count += minimum.hits();
  return count;
}

}  // namespace digon
