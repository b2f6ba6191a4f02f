#include "theory/engine/relu_power_mean.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/theory/engine/oracle_sum.hpp"

using namespace digon;

TEST_CASE(
    "relu power mean: values and derivatives are the oracle's, for couplings of one scale and of many") {
  struct Row {
    const char* what;
    double bias;
    double own;
    std::vector<double> g;
    std::vector<double> density;
  };
  const std::vector<Row> rows{
      {"one scale, dense", -0.3, 0.9, {0.5, -0.4, 0.3, -0.6, 0.2}, {0.9, 0.8, 1.0, 0.7, 0.6}},
      {"one scale, sparse", -0.1, 1.1, {0.5, -0.4, 0.3, -0.6, 0.2}, {0.01, 0.02, 0.005, 0.01, 0.03}},
      {"large and small", -0.2, 0.8, {0.9, -0.7, 1e-3, -2e-3, 5e-4}, {0.3, 0.2, 0.5, 0.6, 0.1}},
      {"every scale", 1e-4, 1.0, {1.0, -1e-2, 1e-4, -1e-6, 1e-8}, {0.3, 0.2, 0.5, 0.6, 0.1}},
      {"small own", -0.1, 1e-4, {0.6, -0.4, 0.5, 0.1, -0.2}, {0.3, 0.3, 0.3, 0.3, 0.3}},
      {"no own", 0.05, 0.0, {0.6, -0.4, 0.5, 0.1, -0.2}, {0.3, 0.3, 0.3, 0.3, 0.3}},
      {"negative own", 0.2, -0.6, {0.6, -0.4, 0.5, 0.1, -0.2}, {0.3, 0.3, 0.3, 0.3, 0.3}},
      {"always on", 3.0, 0.9, {0.5, -0.4, 0.3, -0.6, 0.2}, {0.3, 0.8, 1.0, 0.7, 0.6}},
      {"never on", -3.0, 0.9, {0.5, -0.4, 0.3, -0.6, 0.2}, {0.3, 0.8, 1.0, 0.7, 0.6}},
      {"far out but for what is rare", -1.9, 0.9, {0.5, 0.4, 0.3, 0.6, 0.2}, {0.01, 0.01, 0.01, 0.01, 0.01}},
      {"one", -0.2, 0.7, {0.6}, {0.4}},
      {"two", -0.2, 0.7, {0.6, -0.5}, {0.4, 1.0}}};
  for (const Row& row : rows) {
    OutputUnit unit{row.bias, row.own, Eigen::VectorXd::Map(row.g.data(), Eigen::Index(row.g.size())),
                    Eigen::VectorXd::Map(row.density.data(), Eigen::Index(row.g.size()))};
    PowerPoints point(true, 1, 2, 1);
    point.t(0) = row.bias;
    point.weight(0, -1, 2) = 0.7;
    point.weight(0, 0, 2) = 0.3;
    point.weight(0, 1, 1) = -0.6;
    const OracleSum exact = oracle_sum(point, row.own, unit.others, unit.density);
    for (const double tolerance : {1e-6, 1e-9, 1e-12}) {
      PowerPoints filled = point;
      const PowerSumParts sum =
          relu_power_mean(unit, filled, {.tolerance = tolerance, .slope_tolerance = tolerance});
      CAPTURE(row.what, tolerance, sum.uncertainty);
      CHECK(sum.uncertainty <= tolerance);
      double F = 0.0;
      for_each_moment(
          filled, [&](std::size_t k, int e, int r) { F += filled.weight(k, e, r) * filled.value(k, e, r); });
      CHECK(std::abs(F - exact.value) <= sum.uncertainty);
      CHECK(std::abs(sum.by_a - exact.by_a) <= tolerance);
      CHECK((sum.by_g - exact.by_g).cwiseAbs().maxCoeff() <= tolerance);
    }
    // Every moment, not only those that count in F.
    PowerPoints filled = point;
    relu_power_mean(unit, filled, {});
    for_each_moment(filled, [&](std::size_t k, int e, int r) {
      CAPTURE(row.what, e, r);
      if (r == 0) return;  // P(on): its terms fall too slowly to be promised
      CHECK(filled.value(k, e, r) ==
            Approx(vertex_power_mean(row.bias, row.own, unit.others, unit.density, e, r).value).margin(1e-9));
    });
  }
}
