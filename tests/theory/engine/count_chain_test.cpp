#include "theory/engine/count_chain.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>

using namespace digon;

namespace {

/// Numbers as the elements.
struct RealAlgebra {
  using Element = double;
  static double zero() { return 0.0; }
  static double add_real(double u, double a) { return u + a; }
  static double scale(double u, double a) { return u * a; }
  static double add(double a, double b) { return a + b; }
  static double multiply(double a, double b) { return a * b; }
  static double multiply_transposed(double a, double b) { return a * b; }
};

/// The sum over all patterns of Π f of the active, Π S of the others, with at least `least` of the first
/// `counted` active.
double over_patterns(int least, std::size_t counted, const std::vector<double>& S,
                     const std::vector<double>& f) {
  double sum = 0.0;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << f.size(); ++pattern) {
    if (std::popcount(pattern & ((std::size_t{1} << counted) - 1)) < least) continue;
    double product = 1.0;
    for (std::size_t i = 0; i < f.size(); ++i) product *= (pattern >> i & 1U) != 0 ? f[i] : S[i];
    sum += product;
  }
  return sum;
}

}  // namespace

TEST_CASE("count chain: the sum over patterns with enough active, and its derivatives, at any density") {
  const RealAlgebra algebra;
  for (const double density : {1e-6, 0.05, 0.9}) {
    std::vector<double> S;
    std::vector<double> f;
    for (int i = 0; i < 8; ++i) {
      S.push_back(1.0 - density * (1.0 + 0.1 * i) / 2.0);
      f.push_back(density * std::cos(0.3 * i));
    }
    for (const std::size_t counted : {std::size_t{0}, std::size_t{2}, std::size_t{5}, std::size_t{8}}) {
      for (int least = 0; least <= 3; ++least) {
        CAPTURE(density, counted, least);
        CountChain<RealAlgebra> chain(least, counted);
        const auto factor = [&](std::size_t i) { return CountChain<RealAlgebra>::Factor{S[i], f[i]}; };
        // Relative, however rare the patterns: nothing is subtracted.
        CHECK(chain.run(algebra, f.size(), factor) ==
              Approx(over_patterns(least, counted, S, f)).epsilon(1e-14).margin(0.0));
        chain.run_back(algebra, 1.0, factor, [&](std::size_t i, double by_f) {
          // The sum is linear in each f.
          std::vector<double> one = f;
          std::vector<double> none = S;
          one[i] = 1.0;
          none[i] = 0.0;
          const double exact = over_patterns(least, counted, none, one);
          CAPTURE(i);
          CHECK(by_f == Approx(exact).epsilon(1e-13).margin(1e-300));
        });
      }
    }
  }
}
