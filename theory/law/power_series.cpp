#include "theory/law/power_series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace digon {

PowerSeries exponential(const PowerSeries& k, int degree) {
  // E = exp(k): E' = k' E.
  PowerSeries E{};
  E[0] = 1.0;
  for (std::size_t d = 1; d <= std::size_t(degree); ++d) {
    double sum = 0.0;
    for (std::size_t l = 1; l <= d; ++l) sum += double(l) * k[l] * E[d - l];
    E[d] = sum / double(d);
  }
  return E;
}

PowerSeries logarithm(const PowerSeries& f) {
  // k = log f: f' = k' f.
  PowerSeries k{};
  for (std::size_t d = 1; d < k.size(); ++d) {
    double sum = 0.0;
    for (std::size_t l = 1; l < d; ++l) sum += double(l) * k[l] * f[d - l];
    k[d] = f[d] - sum / double(d);
  }
  return k;
}

double radius_beyond(const PowerSeries& k, int degree) {
  double radius = std::numeric_limits<double>::infinity();
  for (std::size_t d = std::size_t(degree) + 1; d < k.size(); ++d) {
    if (k[d] != 0.0) radius = std::min(radius, std::pow(std::abs(k[d]), -1.0 / double(d)));
  }
  return radius;
}

}  // namespace digon
