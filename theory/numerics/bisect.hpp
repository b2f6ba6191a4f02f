#pragma once

#include <functional>

namespace digon {

/// What is left of an interval: a predicate holds at one end and fails at the other.
struct Change {
  double holds = 0.0;
  double fails = 0.0;
};

enum class Middle {
  arithmetic,  ///< (a + b)/2
  geometric,   ///< √(ab), for ends above 0: quantities that matter by their ratio
};

struct BisectOptions {
  int steps = 60;      ///< halvings at most
  double width = 0.0;  ///< an interval below this width is not halved again
  Middle middle = Middle::arithmetic;
};

/// Where a predicate that holds at one end of an interval, the lower or the upper, and fails at the other
/// changes, by bisection; one of the changes where there are many.
///
/// Example: x² < 2 holds at 1 and fails at 2; three steps ask at 1.5 (fails), 1.25 (holds) and 1.375 (holds),
/// and leave [1.375, 1.5].
///
/// For finite ends. The predicate changes between what is returned, which are |fails − holds| 2^−steps apart
/// (for geometric middles, of ends whose product is a double, their logarithms are), but not nearer than
/// neighbouring doubles.
///
/// Throws InputError where the predicate does not hold at the first end or does not fail at the second, and
/// for geometric middles where an end is not above 0.
Change bisect(const std::function<bool(double)>& predicate, double holds, double fails,
              const BisectOptions& options = {});

}  // namespace digon
