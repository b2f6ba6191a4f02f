#include "theory/numerics/bisect.hpp"

#include <cmath>

#include "core/base/input_error.hpp"

namespace digon {

Change bisect(const std::function<bool(double)>& predicate, double holds, double fails,
              const BisectOptions& options) {
  const bool geometric = options.middle == Middle::geometric;
  if (geometric && !(holds > 0.0 && fails > 0.0)) {
    reject("bisect: from {} to {} by geometric middles; accepted: ends above 0", holds, fails);
  }
  if (!predicate(holds) || predicate(fails)) {
    reject("bisect: from {} to {}; accepted: what holds at the first and fails at the second", holds, fails);
  }
  Change left{holds, fails};
  for (int step = 0; step < options.steps && !(std::abs(left.holds - left.fails) < options.width); ++step) {
    const double middle = geometric ? std::sqrt(left.holds * left.fails) : 0.5 * (left.holds + left.fails);
    (predicate(middle) ? left.holds : left.fails) = middle;
  }
  return left;
}

}  // namespace digon
