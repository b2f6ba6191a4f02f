#include "theory/recovery/weak_threshold.hpp"

#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "theory/numerics/bisect.hpp"

namespace digon {

double weak_threshold(double delta, Signs signs) {
  const double kappa = signs == Signs::nonnegative ? 1.0 : 2.0;
  const auto minus_rho = [&](double z) {
    const double normal = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
    const double tail = 0.5 * std::erfc(z / std::numbers::sqrt2);
    const double M = (1.0 + z * z) * tail - z * normal;
    return -(1.0 - kappa / delta * M) / (1.0 + z * z - kappa * M);
  };
  constexpr double steepest = 12.0;  // the best z is below √(2 log(1/δ)) + 1
  constexpr int bits = 40;
  return -boost::math::tools::brent_find_minima(minus_rho, 0.0, steepest, bits).second;
}

double features_recoverable(Eigen::Index dim, double density, Signs signs) {
  if (density == 0.0) return std::numeric_limits<double>::infinity();
  // δ ρ(δ), the share of features active at the threshold, rises from 0 to 1 with δ.
  const auto recovered = [&](double delta) { return density <= delta * weak_threshold(delta, signs); };
  constexpr double least = 1e-12;
  constexpr double greatest = 1.0 - 1e-9;
  if (!recovered(greatest)) return double(dim);
  if (recovered(least)) return double(dim) / least;
  return double(dim) / bisect(recovered, greatest, least, {.middle = Middle::geometric}).holds;
}

}  // namespace digon
