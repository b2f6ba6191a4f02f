#include "theory/engine/contour_line.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "core/base/sanitized.hpp"
#include "tests/theory/high_precision.hpp"

using namespace digon;

TEST_CASE("contour line: nodes and their inverses") {
  const ContourLine line(2.0);
  CHECK(line.c == 2.0);
  const NodeBlock block(line, 3);
  for (std::size_t k = 0; k < lane_count; ++k) {
    const std::complex<double> s = block.s.lane(k);
    CHECK(std::abs(s - std::complex<double>(
                           2.0, (3.0 * double(lane_count) + 0.5 + double(k)) * std::numbers::pi)) <= 1e-13);
    CHECK(std::abs(s * block.inverse_s.lane(k) - 1.0) <= 1e-15);
    CHECK((std::abs(s) >= block.least * (1.0 - 1e-15) && std::abs(s) <= block.greatest * (1.0 + 1e-15)));
  }
}

TEST_CASE("contour line: exponentials and their moments on every block, for couplings of every size") {
  // |s g| from 1e-8 to 90, across the borders of series and recurrence, and over two restarts of the product.
  const ContourLine line(3.0);
  for (const double g : {1e-9, 1e-3, 0.02, 0.11, 0.4, 1.0, 3.0, -0.02, -0.7, -3.0}) {
    ExponentialOnLine<3> on_line(Law{}, g);
    ExponentialOnLine<2> without_M2(Law{}, g);
    ExponentialSequence exponential(g);
    for (std::size_t b = 0; b < 40; ++b) {
      const NodeBlock block(line, b);
      const auto& moments = on_line.next(block);
      const auto& first_two = without_M2.next(block);
      exponential.next(block);
      if (block.greatest * std::abs(g) > 90.0) break;
      if (is_sanitized && b % 4 != 0) continue;
      for (const std::size_t k : {std::size_t{0}, std::size_t{3}, lane_count - 1}) {
        const std::complex<double> u = block.s.lane(k) * g;
        CAPTURE(g, b, k, u);
        CHECK(std::abs(exponential.exponential().lane(k) - to_double(exp(high(u)))) <=
              4e-14 * std::exp(u.real()));
        for (int r = 0; r < 3; ++r) {
          const std::complex<double> exact = to_double(exponential_moment(high(u), r));
          const double size = std::exp(std::max(u.real(), 0.0)) / std::max(1.0, std::abs(u));
          CAPTURE(r, exact);
          CHECK(std::abs(moments[std::size_t(r)].lane(k) - exact) <=
                (std::abs(u) <= 1.0 ? 2e-14 : 4e-14) * size);
          if (r == 2) continue;
          CHECK(std::abs(first_two[std::size_t(r)].lane(k) - exact) <= 4e-14 * size);
        }
      }
    }
  }
}

TEST_CASE("contour line: a transform may enter at any block") {
  const ContourLine line(3.0);
  ExponentialOnLine<2> from_start(Law{}, 0.9);
  ExponentialOnLine<2> late(Law{}, 0.9);
  for (std::size_t b = 0; b < 9; ++b) {
    const NodeBlock block(line, b);
    from_start.next(block);
    if (b < 5) continue;
    late.next(block);
    CHECK(std::abs(late.moments()[1].lane(2) - from_start.moments()[1].lane(2)) <= 1e-15);
  }
}

TEST_CASE("contour line: couplings started together are those on the line, of every law, from any block on") {
  const ContourLine line(3.0);
  for (const Law law : {Law{}, Law{-1.0, 1.0}, Law{0.5, 1.5}, Law{-1.0, 0.0}}) {
    ScratchVector<CouplingOnLine> together;
    std::vector<ExponentialOnLine<2>> apart;
    const auto add = [&](const std::vector<double>& couplings, std::size_t block) {
      const std::size_t first = together.size();
      for (const double g : couplings) {
        together.emplace_back(law, g);
        apart.emplace_back(law, g);
      }
      CouplingOnLine::start(together, first, line, block);
    };
    add({0.9, -0.7, 0.4, 1e-3, -0.11, 0.02, 0.3, -0.31, 0.05, 0.6, -1e-6}, 0);  // not a whole vector
    for (std::size_t b = 0; b < 40; ++b) {
      if (b == 5) add({0.011}, b);
      if (b > 0 && b % blocks_between_starts == 0) {
        CouplingOnLine::start(together, 0, line, b);
      }
      const NodeBlock block(line, b);
      for (std::size_t i = 0; i < together.size(); ++i) {
        together[i].next();
        const auto& exact = apart[i].next(block);
        const auto moments = together[i].moments<2>(block);
        for (std::size_t r = 0; r < 2; ++r) {
          for (std::size_t k = 0; k < lane_count; ++k) {
            CAPTURE(law.least, law.greatest, i, b, r, k);
            CHECK(std::abs(moments[r].lane(k) - exact[r].lane(k)) <= 8e-14 * std::exp(line.c));
          }
        }
      }
    }
  }
}
