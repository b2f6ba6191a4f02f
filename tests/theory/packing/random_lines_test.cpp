#include "theory/packing/random_lines.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/structured_lines.hpp"

using namespace digon;

TEST_CASE("the cosine of random directions has the law of the sphere") {
  CHECK(random_cosine_above(3, 0.25) == Approx(0.75).epsilon(1e-13));         // Archimedes
  CHECK(random_cosine_above(2, 0.5) == Approx(2.0 / 3.0).epsilon(1e-13));     // 60° to 120°
  CHECK(random_cosine_above(5, 0.5) == Approx(1.0 - 0.6875).epsilon(1e-13));  // ∝ 1 − t²
  CHECK(random_coherence(2, 3) == Approx(0.5).epsilon(1e-9));
  constexpr Eigen::Index n = 400;
  constexpr Eigen::Index m = 30;
  const Eigen::MatrixXd W = random_points(n, m, 5);
  const Eigen::MatrixXd G = W.transpose() * W;
  std::size_t above = 0;
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = 0; i < j; ++i) above += std::abs(G(i, j)) > 0.3 ? 1U : 0U;
  }
  const double pairs = 0.5 * double(n * (n - 1));
  const double expected = random_cosine_above(m, 0.3);
  CHECK(std::abs(double(above) / pairs - expected) < 5.0 * std::sqrt(expected / pairs));
  CHECK(std::abs(double(above) / pairs - random_cosine_above(m - 2, 0.3)) >
        5.0 * std::sqrt(expected / pairs));
  CHECK(std::abs(coherence(CodeKind::lines, W) - random_coherence(n, m)) < 0.05);
}

TEST_CASE(
    "Levenshtein's bound of lines is Welch's at strength 1, tight where it is known to be, not broken") {
  const auto most = [](Eigen::Index dim, double epsilon) { return std::exp(most_lines_log(dim, epsilon)); };
  for (const Eigen::Index n : {9, 20, 28}) {
    CHECK(most(7, coherence_bounds(CodeKind::lines, n, 7)[0].value) == Approx(double(n)).epsilon(1e-9));
  }
  CHECK(most(7, 1.0 / 3.0) == Approx(28.0).epsilon(1e-9));
  CHECK(most(8, 0.5) == Approx(120.0).epsilon(1e-9));
  CHECK(most(23, 1.0 / 5.0) == Approx(276.0).epsilon(1e-9));
  CHECK(most(24, 0.5) == Approx(98280.0).epsilon(1e-9));  // the Leech lattice's shortest
  CHECK(most(2, std::cos(std::acos(-1.0) / 11.0)) == Approx(11.0).epsilon(1e-9));
  // Of strength 2, 50 lines in R⁸: ((3n − m² − 2m)/((m + 2)(n − m)))^½.
  CHECK(most(8, std::sqrt(70.0 / 420.0)) == Approx(50.0).epsilon(1e-9));
  for (const KnownCode& code : known_codes(CodeKind::lines)) {
    CAPTURE(code.points, code.dim);
    if (code.points <= code.dim) continue;
    CHECK(double(code.points) <= most(code.dim, code.coherence.value + 1e-9) + 1e-4);
  }
  // The volume of caps of half the angle is a weaker bound, by an exponential factor.
  CHECK(most_lines_log(512, 0.5) < -512.0 * std::log(std::sin(std::acos(0.5) / 2.0)));
  CHECK(most_lines_log(512, 0.5) > 1.8 * most_lines_log(256, 0.5));
  for (const double epsilon : {0.1, 0.3, 0.5}) {
    for (const Eigen::Index m : {2, 16, 512}) {
      const double bound = most_lines_log(m, epsilon);
      CHECK(bound >= std::log(double(m)));
      CHECK(bound >= covering_bound_log(m, epsilon));
      // exp(mε²/4) is a claim for large mε²; here it is below what covering gives from 16 on.
      if (double(m) * epsilon * epsilon > 16.0) {
        CHECK(union_bound_log(m, epsilon) < covering_bound_log(m, epsilon));
      }
    }
  }
}

TEST_CASE("lines found, greedily or by descent, are almost orthogonal") {
  const Eigen::MatrixXd greedy = greedy_lines(64, 0.3, 900, 50, 1);
  CHECK(greedy.cols() == 50);
  CHECK(coherence(CodeKind::lines, greedy) <= 0.3);
  CHECK(coherence(CodeKind::lines, random_points(50, 64, 1)) > 0.3);
  CHECK(greedy_lines(64, 0.05, 300, 50, 1).cols() < 10);
  CHECK(coherence(CodeKind::lines, descend_to_lines(24, 16, 0.25, 2)) <= 0.25);
  CHECK(coherence(CodeKind::lines, descend_to_lines(24, 8, 0.25, 2)) > 0.25);  // Welch: 0.295
}

TEST_CASE("structured lines have the cosines they say, and Kerdock's are as many as can be") {
  for (const Eigen::Index m : {4, 8, 16, 32}) {
    CAPTURE(m);
    const StructuredLines said = structured_lines(m, 0).value();
    const Eigen::MatrixXd W = structured_points(m);
    CHECK(std::exp(said.log_count) == Approx(double(W.cols())));
    CHECK(coherence(CodeKind::lines, W) == Approx(said.coherence).epsilon(1e-12));
    CHECK((W.colwise().norm().array() - 1.0).abs().maxCoeff() < 1e-14);
    // The null: as many random lines.
    CHECK(coherence(CodeKind::lines, random_points(W.cols(), m, 1)) > 1.2 * said.coherence);
  }
  for (const Eigen::Index m : {4, 16, 64, 256}) {
    const StructuredLines kerdock = structured_lines(m, 0).value();
    CHECK(kerdock.coherence == 1.0 / std::sqrt(double(m)));
    CHECK(kerdock.log_count == Approx(most_lines_log(m, kerdock.coherence)).epsilon(1e-9));
    CHECK(kerdock.log_count > most_lines_log(m, 0.9 * kerdock.coherence));
  }
  for (const Eigen::Index m : {8, 32, 128, 512}) {
    CHECK(structured_lines(m, 0)->coherence == Approx(std::sqrt(2.0 / double(m))).epsilon(1e-15));
  }
  for (const Eigen::Index m : {16, 64, 128}) {
    const StructuredLines more = structured_lines(m, 1).value();
    CHECK(more.coherence == 2.0 * structured_lines(m, 0)->coherence);
    CHECK(more.log_count <= most_lines_log(m, more.coherence));
  }
  CHECK(most_structured_lines(64, 0.3).log_count == structured_lines(64, 1)->log_count);
  CHECK(most_structured_lines(64, 0.1).log_count == 0.0);
  CHECK_FALSE(structured_lines(48, 0));
  CHECK_FALSE(structured_lines(1024, 0));
}
