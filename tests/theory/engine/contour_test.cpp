#include "theory/engine/contour.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/theory/vertex_oracle.hpp"

using namespace digon;

TEST_CASE("contour: the errors by number of active features are means over the patterns") {
  struct Row {
    const char* what;
    double bias;
    double own;
    std::vector<double> g;
  };
  const std::vector<Row> rows{{"both signs", -0.2, 0.8, {0.5, -0.4, 0.3, -0.6, 0.2}},
                              {"small", -0.1, 0.9, {0.5, -0.4, 1e-3, -1e-4, 1e-2}},
                              {"silent", 0.1, 0.9, {0.5, -0.4, 0.0, 0.3, 0.0}},
                              {"always on", 2.0, 0.9, {0.5, -0.4, 0.3, -0.6, 0.2}},
                              {"never on", -3.0, 0.9, {0.5, -0.4, 0.3, -0.6, 0.2}},
                              {"one", -0.2, 0.9, {0.5}}};
  for (const Row& row : rows) {
    const auto n = Eigen::Index(row.g.size());
    const OutputUnit unit{row.bias, row.own, Eigen::VectorXd::Map(row.g.data(), n), Eigen::VectorXd::Zero(n)};
    std::vector<OutputError> mean(row.g.size() + 1);
    std::vector<double> patterns(row.g.size() + 1, 0.0);
    for (std::size_t pattern = 0; pattern < std::size_t{1} << row.g.size(); ++pattern) {
      Eigen::VectorXd density(n);
      for (Eigen::Index i = 0; i < n; ++i) density[i] = double(pattern >> std::size_t(i) & 1U);
      const auto V = [&](int e, int r) {
        return vertex_power_mean(row.bias, row.own, unit.others, density, e, r).value;
      };
      const auto k = std::size_t(std::popcount(pattern));
      mean[k].add(1.0, {V(-1, 2), 1.0 / 3.0 - 2.0 * V(1, 1) + V(0, 2)});
      patterns[k] += 1.0;
    }
    const UnitErrorByCount found = expected_error_by_count(unit, {});
    REQUIRE(found.expected.size() == mean.size());
    for (std::size_t k = 0; k < mean.size(); ++k) {
      const auto& [value, uncertainty] = found.expected[k];
      CAPTURE(row.what, k, uncertainty.inactive, uncertainty.active);
      CHECK(std::abs(value.inactive - mean[k].inactive / patterns[k]) <= uncertainty.inactive + 1e-16);
      CHECK(std::abs(value.active - mean[k].active / patterns[k]) <= uncertainty.active + 1e-16);
      CHECK(uncertainty.inactive <= 2e-12);
      CHECK(uncertainty.active <= 2e-12);
    }
  }
}
