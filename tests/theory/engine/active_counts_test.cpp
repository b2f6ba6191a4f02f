#include "theory/engine/active_counts.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>

#include "theory/engine/moments.hpp"
#include "theory/engine/pattern_probability.hpp"

using namespace digon;

TEST_CASE("active counts: the mean over the patterns with k active") {
  const std::vector<double> f{0.3, -0.7, 1.1, 0.05, 0.9, -0.2, 0.6};
  MeanCounts<double> counts(f.size(), f.size());
  for (const double each : f) counts.add(each);
  for (std::size_t k = 1; k <= f.size(); ++k) {
    double sum = 0.0;
    double patterns = 0.0;
    for (std::size_t pattern = 0; pattern < std::size_t{1} << f.size(); ++pattern) {
      if (std::popcount(pattern) != int(k)) continue;
      double product = 1.0;
      for (std::size_t i = 0; i < f.size(); ++i) product *= (pattern >> i & 1U) != 0 ? f[i] : 1.0;
      sum += product;
      patterns += 1.0;
    }
    CAPTURE(k);
    CHECK(counts[k] == Approx(sum / patterns).epsilon(1e-14).margin(1e-16));
  }
}

TEST_CASE("active counts: four features at once are four in turn") {
  const std::vector<double> f{0.3, -0.7, 1.1, 0.05, 0.9, -0.2, 0.6, 1.3, -0.4};
  for (std::size_t most = 1; most <= f.size(); ++most) {
    MeanCounts<double> in_turn(most, f.size());
    for (const double each : f) in_turn.add(each);
    MeanCounts<double> together(most, f.size());
    together.add({f[0], f[1], f[2], f[3]});
    together.add(f[4]);
    together.add({f[5], f[6], f[7], f[8]});
    MeanCounts<double> wrong(most, f.size());
    wrong.add({f[0], f[1], f[2], f[3]});
    wrong.add(f[4]);
    wrong.add({f[5], f[6], f[7], f[8] + 0.01});
    CAPTURE(most);
    for (std::size_t k = 1; k <= most; ++k) {
      CHECK(together[k] == Approx(in_turn[k]).epsilon(1e-13).margin(1e-15));
      CHECK(std::abs(wrong[k] - in_turn[k]) > 1e-6);
    }
  }
  // Beyond what a double holds of patterns, as means.
  MeanCounts<double> means(1100, 1100);
  for (int i = 0; i < 1100; i += 4) means.add({1.0, 2.0, 1.0, 2.0});
  CHECK(means[1] == Approx(1.5).epsilon(1e-13));
  CHECK(means[2] == Approx((2.0 * 1.5 * 1.5 * 1100 - 2.0 * 2.5) / (2.0 * 1099)).epsilon(1e-12));
}

TEST_CASE("active counts: of 400 features, moments do not overflow") {
  // All couplings 1: given k active, y has mean k/2 and variance k/12.
  MeanCounts<Moments> counts(400, 400);
  for (int i = 0; i < 400; ++i) counts.add(moments_of_active(Law{}, 1.0));
  for (const std::size_t k : {std::size_t{1}, std::size_t{40}, std::size_t{400}}) {
    const double n = double(k);
    CHECK(counts[k].m[0] == Approx(1.0).epsilon(1e-13));
    CHECK(counts[k].m[1] == Approx(n / 2.0).epsilon(1e-13));
    CHECK(counts[k].m[2] == Approx(n * n / 4.0 + n / 12.0).epsilon(1e-13));
  }
}

TEST_CASE("pattern probability: every pattern's is its product, also of features always and never active") {
  for (const Eigen::Vector4d& density :
       {Eigen::Vector4d(0.3, 0.1, 0.7, 0.5), Eigen::Vector4d(0.3, 1.0, 0.7, 0.0),
        Eigen::Vector4d::Ones().eval()}) {
    const Eigen::VectorXd p = density;
    const PatternProbability probability(p);
    const auto product = [&](std::initializer_list<Eigen::Index> active) {
      Eigen::Array4d each = 1.0 - density.array();
      for (const Eigen::Index i : active) each[i] = density[i];
      return each.prod();
    };
    const auto check = [&](std::initializer_list<Eigen::Index> active) {
      CHECK(probability.exactly(active) == Approx(product(active)).epsilon(1e-15).margin(0.0));
    };
    check({});
    for (Eigen::Index i = 0; i < 4; ++i) {
      check({i});
      for (Eigen::Index l = 0; l < i; ++l) check({i, l});
    }
    check({0, 1, 2, 3});
  }
}
