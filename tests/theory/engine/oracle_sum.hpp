#pragma once

#include "tests/theory/vertex_oracle.hpp"
#include "theory/engine/power_points.hpp"

namespace digon {

/// F = Σ weight · V over points, with its derivatives, by the oracle.
struct OracleSum {
  double value = 0.0;
  double by_a = 0.0;
  Eigen::VectorXd by_g;
};

/// Visits (k, e, r) of every moment of the points.
template <typename Points, typename Visit>
void for_each_moment(Points& points, Visit visit) {
  for (std::size_t k = 0; k < points.size(); ++k) {
    for (int e = -1; e <= points.last_e(); ++e) {
      for (int r = points.lowest(e); r <= points.highest(e); ++r) visit(k, e, r);
    }
  }
}

inline OracleSum oracle_sum(const PowerPoints& points, double a, const Eigen::VectorXd& g,
                            const Eigen::VectorXd& density) {
  OracleSum sum{0.0, 0.0, Eigen::VectorXd::Zero(g.size())};
  for_each_moment(points, [&](std::size_t k, int e, int r) {
    const double weight = points.weight(k, e, r);
    if (weight == 0.0) return;
    const OraclePowerMean V = vertex_power_mean(points.t(k), a, g, density, e, r);
    sum.value += weight * V.value;
    sum.by_a += weight * V.by_a;
    sum.by_g += weight * V.by_g;
  });
  return sum;
}

}  // namespace digon
