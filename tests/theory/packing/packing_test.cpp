#include "theory/packing/packing.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <tuple>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "core/base/sanitized.hpp"
#include "geometry/named_geometry.hpp"
#include "tests/derivative_check.hpp"
#include "theory/packing/code_descent.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing_answer.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/soft_maximum.hpp"
#include "theory/packing/spherical_code.hpp"
#include "theory/packing/symmetric_points.hpp"

namespace {

using namespace digon;

const std::vector<PackingEnergy> all_energies{{PairEnergy::coulomb, 1.0},
                                              {PairEnergy::log, 0.0},
                                              {PairEnergy::riesz, 3.5},
                                              {PairEnergy::relu2, 0.0},
                                              {PairEnergy::frame, 0.0}};

/// W moved along the tangent directions of its Hessian's bases.
Eigen::MatrixXd moved(const Eigen::MatrixXd& W, const TangentSpaces& at, const Eigen::VectorXd& step) {
  const Eigen::Index t = W.rows() - 1;
  Eigen::MatrixXd result = W;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    const Eigen::VectorXd along = at.basis[std::size_t(i)] * step.segment(i * t, t);
    const double length = along.norm();
    if (length > 0.0) result.col(i) = std::cos(length) * W.col(i) + std::sin(length) / length * along;
  }
  return result;
}

}  // namespace

TEST_CASE("a packing's energy is the sum over its pairs, for any number of points") {
  for (const PackingEnergy& energy : all_energies) {
    for (const Eigen::Index n : {2, 3, 7, 8, 9, 16, 17, 33}) {
      const Eigen::MatrixXd W = random_points(n, 1 + n % 4 + 1, 5);
      double sum = 0.0;
      for (Eigen::Index i = 0; i < n; ++i) {
        for (Eigen::Index j = 0; j < i; ++j) sum += pair_energy(energy, W.col(i).dot(W.col(j))).value;
      }
      CAPTURE(int(energy.kind), n);
      CHECK(packing_energy(energy, W) == Approx(sum).epsilon(1e-13));
      CHECK(0.5 * energy_of_points(energy, W).sum() == Approx(sum).epsilon(1e-13));
    }
  }
}

TEST_CASE("gradient and Hessian along the spheres are the energy's derivatives") {
  for (const PackingEnergy& energy : all_energies) {
    const Eigen::MatrixXd W = random_points(7, 3, 11);
    const TangentSpaces at(W);
    Eigen::MatrixXd by_W;
    Derivatives said{packing_energy(energy, W, &by_W), Eigen::VectorXd(14), packing_hessian(energy, W, at)};
    for (Eigen::Index i = 0; i < 7; ++i) {
      said.gradient.segment(2 * i, 2) = at.basis[std::size_t(i)].transpose() * by_W.col(i);
    }
    CAPTURE(int(energy.kind));
    check_derivatives([&](const Eigen::VectorXd& step) { return packing_energy(energy, moved(W, at, step)); },
                      Eigen::VectorXd::Zero(14), said);
    // Rotations do not change the energy.
    const Eigen::VectorXd turn = at.rotations.col(0);
    CHECK(packing_energy(energy, moved(W, at, 1e-4 * turn)) ==
          Approx(packing_energy(energy, W)).epsilon(1e-6));
  }
}

TEST_CASE("Thomson's problem: the lowest energies are the table's, 2 to 32 points") {
  for (const auto& [points, energy] : thomson_energies(ThomsonSource::literature)) {
    if (points > 32) break;
    PackingSearch search;
    search.starts = 30;
    const PackingResult found = search_packing({}, points, 3, search);
    const Packing best = polish_packing({}, found.best);
    CAPTURE(points);
    CHECK(best.energy == Approx(energy).epsilon(2e-9));
    CHECK(best.gradient_norm < 1e-10 * energy);
    if (points > 2) CHECK(least_eigenvalue_off_rotations({}, best.W).value() > 1e-6);
  }
}

TEST_CASE("a saddle is told from a minimum") {
  // Four points on the equator are stationary, and fall off it.
  Eigen::MatrixXd square(3, 4);
  square << 1, 0, -1, 0, 0, 1, 0, -1, 0, 0, 0, 0;
  CHECK(least_eigenvalue_off_rotations({}, square).value() < -0.1);
}

TEST_CASE("no packing is below its bounds, and optimal codes meet them") {
  for (const PackingEnergy& energy : all_energies) {
    for (const auto& [n, m] :
         {std::pair<Eigen::Index, Eigen::Index>{5, 3}, {7, 3}, {9, 5}, {20, 3}, {30, 6}}) {
      PackingSearch search;
      search.starts = 4;
      const double found = search_packing(energy, n, m, search).best.energy;
      CAPTURE(int(energy.kind), n, m);
      CHECK(found >= energy_bounds(energy, n, m)[0].value - 1e-9);
    }
  }
  // Universally optimal: the bound is the energy. (The 600-cell is optimal, but by a finer bound.)
  for (const auto& [m, n] :
       {std::pair<Eigen::Index, Eigen::Index>{2, 9}, {3, 4}, {3, 6}, {3, 12}, {5, 16}, {6, 27}}) {
    for (const PackingEnergy& energy : {all_energies[0], all_energies[1], all_energies[2]}) {
      PackingSearch search;
      search.starts = 8;
      const double found = search_packing(energy, n, m, search).best.energy;
      CAPTURE(int(energy.kind), n, m);
      CHECK(found == Approx(energy_bounds(energy, n, m)[0].value).epsilon(1e-10));
    }
  }
}

TEST_CASE("Levenshtein's quadrature integrates polynomials of its strength") {
  for (const auto& [m, n] : {std::pair<Eigen::Index, Eigen::Index>{3, 10}, {4, 30}, {8, 240}, {2, 6}}) {
    const LevenshteinQuadrature rule = levenshtein_quadrature(n, m);
    CHECK(rule.weights.minCoeff() > -1e-14);
    CHECK(rule.weights.sum() + 1.0 / double(n) == Approx(1.0).epsilon(1e-13));
    CHECK(rule.weights.dot(rule.nodes) + 1.0 / double(n) == Approx(0.0).margin(1e-13));
    // E[c²] = 1/m for random points.
    CHECK(rule.weights.dot(rule.nodes.cwiseAbs2()) + 1.0 / double(n) ==
          Approx(1.0 / double(m)).epsilon(1e-12));
  }
}

TEST_CASE("Levenshtein's quadrature holds in the plane and of exponentially many points") {
  // Regular polygons, tight in the plane, and the shortest vectors of E8 and of the Leech lattice.
  for (const Eigen::Index n : {160, 161, 5000}) {
    CHECK(levenshtein_quadrature(n, 2).nodes.maxCoeff() ==
          Approx(std::cos(2.0 * std::numbers::pi / double(n))).epsilon(1e-14));
  }
  CHECK(levenshtein_quadrature(240, 8).nodes.maxCoeff() == Approx(0.5).epsilon(1e-14));
  // Not beyond its strength, 7: E[c⁸] = 105/(8·10·12·14).
  const LevenshteinQuadrature e8 = levenshtein_quadrature(240, 8);
  CHECK(std::abs(e8.weights.dot(e8.nodes.array().pow(8).matrix()) + 1.0 / 240.0 - 105.0 / 13440.0) > 1e-5);
  const LevenshteinQuadrature leech = levenshtein_quadrature(196'560, 24);
  REQUIRE(leech.nodes.size() == 6);
  const std::vector<double> products{-1.0, -0.5, -0.25, 0.0, 0.25, 0.5};
  const std::vector<double> pairs{1.0, 4600.0, 47104.0, 93150.0, 47104.0, 4600.0};
  for (Eigen::Index i = 0; i < 6; ++i) {
    CHECK(leech.nodes[i] == Approx(products[std::size_t(i)]).margin(1e-14));
    CHECK(196'560.0 * leech.weights[i] == Approx(pairs[std::size_t(i)]).epsilon(1e-9));
  }
  // E[c^{2d}] = Π_{i < d} (1 + 2i)/(m + 2i) of random points, up to the strength.
  for (const auto& [m, n, strength] : {std::tuple<Eigen::Index, Eigen::Index, int>{3, 5000, 139},
                                       {30, 1'000'000'000'000, 32},
                                       {200, 1'000'000'000'000'000'000, 22},
                                       {1000, 5'000'000'000'000'000, 13}}) {
    CAPTURE(m, n);
    const LevenshteinQuadrature rule = levenshtein_quadrature(n, m);
    CHECK(rule.weights.minCoeff() > 0.0);
    double moment = 1.0;
    for (int power = 0; power <= strength; ++power) {
      const double found = (rule.weights.array() * rule.nodes.array().pow(power)).sum() + 1.0 / double(n);
      const double size = rule.weights.dot(rule.nodes.array().abs().pow(power).matrix()) + 1.0 / double(n);
      CHECK(std::abs(found - (power % 2 == 0 ? moment : 0.0)) < 1e-12 * size);
      if (power % 2 == 0) moment *= (1.0 + power) / (double(m) + power);
    }
  }
}

TEST_CASE("codes of least coherence from random starts, with a certificate") {
  struct Case {
    CodeKind kind;
    Eigen::Index dim;
    Eigen::Index points;
    std::string geometry;
  };
  const auto [kind, dim, points, geometry] =
      GENERATE(values<Case>({{CodeKind::points, 2, 5, "pentagon"},
                             {CodeKind::points, 3, 4, "tetrahedron"},
                             {CodeKind::points, 3, 6, "3 digons (octahedron)"},
                             {CodeKind::points, 3, 8, "square antiprism"},
                             {CodeKind::points, 3, 12, "icosahedron"},
                             {CodeKind::points, 5, 16, "Clebsch (hemicube)"},
                             {CodeKind::points, 6, 27, "Schläfli"},
                             {CodeKind::lines, 2, 3, ""},
                             {CodeKind::lines, 3, 6, ""},
                             {CodeKind::lines, 5, 10, ""}}));
  PackingSearch search;
  search.starts = 12;
  const SphericalCode code = search_spherical_code(kind, points, dim, search).best;
  CAPTURE(dim, points);
  const std::optional<KnownOptimum> known = known_coherence(kind, points, dim);
  if (known) CHECK(code.coherence == Approx(known->value).margin(1e-12));
  CHECK(code.residual < 1e-10);
  for (const PackingBound& bound : coherence_bounds(kind, points, dim))
    CHECK(code.coherence >= bound.value - 1e-12);
  if (kind == CodeKind::points) CHECK(describe_geometry(code.W, packing_tolerance).name == geometry);
}

TEST_CASE("the soft maximum and its gradient, for any number of points") {
  const CodeKind kind = GENERATE(CodeKind::points, CodeKind::lines);
  const double sharpness = GENERATE(0.5, 20.0, 3000.0);
  for (const Eigen::Index n : {2, 3, 8, 9, 17, 33}) {
    const Eigen::MatrixXd W = random_points(n, 2 + n % 5, 3);
    long double sum = 0.0;
    Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(W.rows(), n);
    const double largest = coherence(kind, W);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < i; ++j) {
        const double c = W.col(i).dot(W.col(j));
        const double same = std::exp(sharpness * (c - largest));
        const double other = kind == CodeKind::lines ? std::exp(sharpness * (-c - largest)) : 0.0;
        sum += same + other;
        expected.col(i) += (same - other) * W.col(j);
        expected.col(j) += (same - other) * W.col(i);
      }
    }
    Eigen::MatrixXd by_W(W.rows(), n);
    CAPTURE(int(kind), sharpness, n);
    CHECK(soft_maximum(kind, sharpness, W, by_W) ==
          Approx(largest + std::log(double(sum)) / sharpness).epsilon(1e-13).margin(1e-13));
    CHECK((by_W - expected / double(sum)).norm() < 1e-13);
  }
}

TEST_CASE("a descent ends in a local minimum of the coherence, or is given up at the bar") {
  int given_up = 0;  // of 25 that end at the bar itself
  for (const auto& [kind, n, m] : {std::tuple<CodeKind, Eigen::Index, Eigen::Index>{CodeKind::points, 14, 3},
                                   {CodeKind::points, 17, 4},
                                   {CodeKind::points, 9, 2},
                                   {CodeKind::lines, 14, 3},
                                   {CodeKind::lines, 13, 5}}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const Eigen::MatrixXd soft = soft_minimum(kind, 60.0, random_points(n, m, seed));
      const Eigen::MatrixXd W = sharp_minimum(kind, soft, 1e-3).value();
      const double found = coherence(kind, W);
      CAPTURE(int(kind), n, m, seed);
      CHECK((W.colwise().norm().array() - 1.0).abs().maxCoeff() < 1e-14);
      // No small motion lowers it.
      for (std::uint64_t k = 0; k < 200; ++k) {
        const Eigen::MatrixXd moved = (W + 1e-4 * random_points(n, m, 100 + k)).colwise().normalized();
        REQUIRE(coherence(kind, moved) > found - 1e-10);
      }
      given_up += !sharp_minimum(kind, soft, 1e-3, found).has_value();
      CHECK_FALSE(sharp_minimum(kind, soft, 1e-3, found - 1e-4).has_value());
    }
  }
  CHECK(given_up <= 2);
}

TEST_CASE("codes that a Coulomb minimum does not lead to") {
  struct Case {
    CodeKind kind;
    Eigen::Index points;
    Eigen::Index dim;
  };
  const auto [kind, points, dim] = GENERATE(values<Case>({{CodeKind::points, 14, 3},
                                                          {CodeKind::points, 22, 3},
                                                          {CodeKind::points, 11, 4},
                                                          {CodeKind::points, 13, 5},
                                                          {CodeKind::lines, 8, 4},
                                                          {CodeKind::lines, 14, 3}}));
  if (is_sanitized && points > 13) return;
  PackingSearch search;
  search.starts = 8;
  search.hops = usual_code_hops(points, dim);
  const SphericalCodeResult found = search_spherical_code(kind, points, dim, search);
  CAPTURE(points, dim, found.hits);
  CHECK(found.best.coherence == Approx(known_coherence(kind, points, dim)->value).margin(1e-12));
  CHECK(found.best.residual < 1e-10);
  CHECK(found.hits >= 2);
}

TEST_CASE("symmetric points: unit vectors, no two the same, most of whose angles come more than once") {
  const auto [kind, points, dim] =
      GENERATE(table<CodeKind, Eigen::Index, Eigen::Index>({{CodeKind::points, 7, 3},
                                                            {CodeKind::points, 20, 2},
                                                            {CodeKind::lines, 33, 4},
                                                            {CodeKind::lines, 9, 5}}));
  const auto pairs = std::size_t(points * (points - 1) / 2);
  const auto angles = [lines = kind == CodeKind::lines](const Eigen::MatrixXd& W) {  // how many that differ
    std::vector<double> c;
    for (Eigen::Index i = 0; i < W.cols(); ++i) {
      for (Eigen::Index j = 0; j < i; ++j) {
        const double product = W.col(i).dot(W.col(j));
        c.push_back(lines ? std::abs(product) : product);
      }
    }
    std::sort(c.begin(), c.end());
    const auto same = [](double a, double b) { return b - a < 1e-12; };
    return std::size_t(std::unique(c.begin(), c.end(), same) - c.begin());
  };
  RandomDraws random(5);
  int symmetric = 0;
  for (int k = 0; k < 200; ++k) {
    const Eigen::MatrixXd W = random_symmetric_points(kind, points, dim, random);
    REQUIRE((W.colwise().norm().array() - 1.0).abs().maxCoeff() < 1e-14);
    CHECK(coherence(kind, W) < 1.0 - 1e-9);
    symmetric += angles(W) <= 3 * pairs / 4;
  }
  CHECK(symmetric > 100);
  CHECK(angles(random_points(points, dim, 1)) == pairs);
}

TEST_CASE("lines that hardly a start without symmetry leads to") {
  if (is_sanitized) return;
  PackingSearch search;
  search.starts = 8;
  search.hops = usual_code_hops(55, 3);
  const double found = search_spherical_code(CodeKind::lines, 55, 3, search).best.coherence;
  CHECK(found <= known_coherence(CodeKind::lines, 55, 3)->value + 1e-9);
}

TEST_CASE("a code of a search is never worse than the one given") {
  PackingSearch search;
  search.starts = 4;
  search.hops = 30;
  const Eigen::MatrixXd best = search_spherical_code(CodeKind::points, 14, 3, search).best.W;
  PackingSearch given;
  given.starts = 0;
  given.given.push_back(best);
  CHECK(search_spherical_code(CodeKind::points, 14, 3, given).best.coherence <=
        coherence(CodeKind::points, best));
  PackingSearch energy = given;
  const Packing lowest = search_packing({}, 14, 3, search).best;
  energy.given[0] = lowest.W;
  CHECK(search_packing({}, 14, 3, energy).best.energy <= lowest.energy);
}

TEST_CASE("what is known of codes and energies, and whether it is proved") {
  CHECK(known_coherence(CodeKind::points, 14, 3)->value == 0.5639503003605053);
  CHECK(known_coherence(CodeKind::points, 14, 3)->proved);
  CHECK_FALSE(known_coherence(CodeKind::points, 17, 3)->proved);
  CHECK(known_coherence(CodeKind::lines, 14, 3)->value == 0.7806221927852363);
  CHECK_FALSE(known_coherence(CodeKind::lines, 14, 3)->proved);
  CHECK(known_energy({PairEnergy::log, 0.0}, 12, 3)->proved);
  CHECK(known_energy({PairEnergy::riesz, 2.0}, 6, 3)->value == 6.75);
  CHECK_FALSE(known_energy({PairEnergy::riesz, 2.5}, 6, 3));
  CHECK(known_energy({}, 102, 3)->value <= 4633.736565899);
  // No code is below its bounds.
  for (const CodeKind kind : {CodeKind::points, CodeKind::lines}) {
    for (const KnownCode& known : known_codes(kind)) {
      CAPTURE(int(kind), known.points, known.dim);
      for (const PackingBound& bound : coherence_bounds(kind, known.points, known.dim))
        CHECK(known.coherence.value >= bound.value - 1e-12);
    }
  }
}

TEST_CASE("relu2 vanishes for n ≤ 2m, and the frame potential is n²/m") {
  for (const Eigen::Index m : {2, 3, 5, 8}) {
    PackingSearch search;
    search.starts = 4;
    CHECK(search_packing({PairEnergy::relu2, 0.0}, 2 * m, m, search).best.energy < 1e-12);
    CHECK(search_packing({PairEnergy::relu2, 0.0}, 2 * m + 1, m, search).best.energy > 1e-3);
    const Eigen::Index n = 2 * m + 3;
    const double twice = 2.0 * search_packing({PairEnergy::frame, 0.0}, n, m, search).best.energy + double(n);
    CHECK(twice == Approx(double(n * n) / double(m)).epsilon(1e-9));
  }
}

TEST_CASE("a search does not depend on the number of threads, and keeps a better given start") {
  PackingSearch one;
  one.starts = 6;
  one.hops = 2;
  one.threads = 1;
  PackingSearch two = one;
  two.threads = 2;
  CHECK(search_packing({}, 37, 3, one).best.W == search_packing({}, 37, 3, two).best.W);
  CHECK(search_spherical_code(CodeKind::points, 17, 3, one).best.W ==
        search_spherical_code(CodeKind::points, 17, 3, two).best.W);
  PackingSearch given = one;
  given.starts = 0;
  given.given.push_back(search_packing({}, 37, 3, one).best.W);
  CHECK(search_packing({}, 37, 3, given).best.energy == Approx(search_packing({}, 37, 3, one).best.energy));
}

TEST_CASE("packings of too few points or dimensions are refused") {
  CHECK_THROWS_AS(search_packing({}, 1, 3, {}), InputError);
  CHECK_THROWS_AS(search_packing({}, 3, 1, {}), InputError);
  PackingSearch none;
  none.starts = 0;
  CHECK_THROWS_AS(search_packing({}, 3, 3, none), InputError);
  CHECK_THROWS_AS(search_spherical_code(CodeKind::lines, 3, 3, none), InputError);
}

TEST_CASE("what many starts came to is not confirmed where a lower value is known") {
  PackingAnswer answer;
  answer.value = 0.5;
  answer.hits = 32;
  CHECK(answer.confirmed());
  answer.known = KnownOptimum{0.5 - 1e-8, "a table"};
  CHECK(answer.above_known());
  CHECK_FALSE(answer.confirmed());
  answer.known->value = 0.5;
  CHECK(answer.confirmed());
  answer.known->value = 0.6;  // the answer is lower than the table
  CHECK(answer.confirmed());
  answer.hits = 1;
  CHECK_FALSE(answer.confirmed());
}
