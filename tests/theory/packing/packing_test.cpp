#include "theory/packing/packing.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "geometry/named_geometry.hpp"
#include "tests/derivative_check.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/spherical_code.hpp"

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
