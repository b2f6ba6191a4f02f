#include "theory/engine/scale_contour.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <tuple>

#include "tests/theory/engine/oracle_sum.hpp"

using namespace digon;

namespace {

/// The patterns with at least `least` of the first `counted` features active, by the oracle.
OracleSum counted_sum(const PowerPoints& points, const SortedFeatures& features, const CountedScale& scale) {
  const auto counted = Eigen::Index(scale.counted);
  OracleSum sum{0.0, 0.0, Eigen::VectorXd::Zero(features.g.size())};
  for (std::size_t pattern = 0; pattern < std::size_t{1} << scale.counted; ++pattern) {
    if (std::popcount(pattern) < scale.least) continue;
    Eigen::VectorXd density = features.density;
    double probability = 1.0;
    for (Eigen::Index i = 0; i < counted; ++i) {
      const bool active = (pattern >> std::size_t(i) & 1U) != 0;
      probability *= active ? density[i] : 1.0 - density[i];
      density[i] = active ? 1.0 : 0.0;
    }
    const OracleSum one = oracle_sum(points, features.own, features.g, density);
    sum.value += probability * one.value;
    sum.by_a += probability * one.by_a;
    sum.by_g += probability * one.by_g;
  }
  return sum;
}

}  // namespace

TEST_CASE(
    "scale contour: the patterns with enough counted features active, and the derivatives of their sum") {
  SortedFeatures features;
  features.own = 0.05;
  features.g = (Eigen::VectorXd(5) << 0.7, -0.6, 0.5, 0.02, -0.01).finished();
  features.density = (Eigen::VectorXd(5) << 0.3, 0.6, 0.2, 0.5, 1.0).finished();
  std::vector<Cumulants> cumulants;
  for (const double p : features.density) cumulants.push_back(cumulants_and_radius(Law{}, p));
  for (const Cumulants& each : cumulants) features.cumulants.push_back(&each);
  // Of two points the second is asked for.
  PowerPoints points(true, 1, 3, 2);
  points.t(0) = 7.0;
  points.t(1) = -0.1;
  points.weight(1, -1, 2) = 0.8;
  points.weight(1, 0, 3) = 0.3;
  points.weight(1, 1, 1) = -0.4;
  for (const std::size_t counted : {std::size_t{3}, std::size_t{5}}) {
    for (int least = 0; least <= 3; ++least) {
      const CountedScale scale{0, counted, least};
      const OracleSum exact = counted_sum(points, features, scale);
      for (const double tolerance : {1e-6, 1e-10}) {
        PowerPoints filled = points;
        PowerSumParts parts;
        parts.by_g = Eigen::VectorXd::Zero(5);
        const ScratchVector<std::size_t> chosen{1};
        ScaleContour(features, scale, 1.5, points, chosen)
            .integrate({.tolerance = tolerance, .slope_tolerance = tolerance}, filled, parts);
        CAPTURE(counted, least, tolerance, parts.uncertainty, parts.nodes);
        double F = 0.0;
        for_each_moment(filled, [&](std::size_t k, int e, int r) {
          F += filled.weight(k, e, r) * filled.value(k, e, r);
        });
        CHECK(std::abs(F - exact.value) <= parts.uncertainty + 1e-16);
        CHECK(std::abs(parts.by_a - exact.by_a) <= tolerance);
        CHECK((parts.by_g - exact.by_g).cwiseAbs().maxCoeff() <= tolerance);
        CHECK(filled.value(0, -1, 2) == 0.0);
      }
    }
  }
}

TEST_CASE("scale contour: many small features taken together by their cumulants") {
  // 12 of them in one power series as far out as the tolerance allows. Against the same features one by one.
  SortedFeatures features;
  features.g = Eigen::VectorXd::LinSpaced(12, 0.2, 0.1);
  features.g[0] = 0.9;
  features.density = Eigen::VectorXd::LinSpaced(12, 0.2, 0.9);
  std::vector<Cumulants> cumulants;
  for (const double p : features.density) cumulants.push_back(cumulants_and_radius(Law{}, p));
  for (const Cumulants& each : cumulants) features.cumulants.push_back(&each);
  PowerPoints points(false, 1, 2, 1);
  points.t(0) = -0.4;
  points.weight(0, -1, 2) = 1.0;
  const auto sum = [&](std::size_t counted, int least, double tolerance) {
    PowerSumParts parts;
    parts.by_g = Eigen::VectorXd::Zero(12);
    PowerPoints filled = points;
    const ScratchVector<std::size_t> chosen{0};
    const ContourOptions options{.tolerance = tolerance, .slope_tolerance = tolerance};
    ScaleContour(features, {0, counted, least}, 3.0, points, chosen).integrate(options, filled, parts);
    return std::tuple{filled.value(0, -1, 2), parts.by_g, parts.uncertainty};
  };
  // With none active t is below 0: at least one of all twelve, which are counted, is the same as any.
  const auto [apart, by_apart, close] = sum(12, 1, 1e-13);
  for (const double tolerance : {1e-3, 1e-5, 1e-7, 1e-9, 1e-12}) {
    const auto [together, by_together, uncertainty] = sum(0, 0, tolerance);
    CAPTURE(tolerance, uncertainty, together - apart);
    CHECK(uncertainty <= tolerance);
    CHECK(std::abs(together - apart) <= uncertainty + close);
    if (tolerance == 1e-12) CHECK(together == Approx(apart).epsilon(1e-12));
    CHECK((by_together - by_apart).cwiseAbs().maxCoeff() <= tolerance);
  }
}
