#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "core/base/interrupt.hpp"

namespace digon {

/// Basin hopping (Wales and Doye 1997, J. Phys. Chem. A 101, 5111): `count` times next(best, k) moves what is
/// best and descends again, and the lower of the two by value(found), which may be a member, is kept; where
/// they are equal the older. Ends early once interrupted().
///
/// Example: from 5, where next comes to 6, 4, 4 and 7, the best are 5, 4 (the second), 4 (still the
/// second), 4.
template <typename Found, typename Value, typename Next>
Found hop(Found best, std::size_t count, const Value& value, const Next& next) {
  for (std::size_t k = 0; k < count && !interrupted(); ++k) {
    Found found = next(std::as_const(best), k);
    if (std::invoke(value, found) < std::invoke(value, best)) best = std::move(found);
  }
  return best;
}

}  // namespace digon
