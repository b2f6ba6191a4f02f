#include "geometry/named_geometry.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "core/algebra/products.hpp"
#include "tests/random_models.hpp"
#include "theory/optima/one_sparse_optima.hpp"
#include "theory/optima/polygon.hpp"
#include "theory/packing/packing.hpp"

namespace {

using namespace digon;

/// Two sets of vectors in orthogonal spaces.
Eigen::MatrixXd beside(const Eigen::MatrixXd& A, const Eigen::MatrixXd& B) {
  Eigen::MatrixXd both = Eigen::MatrixXd::Zero(A.rows() + B.rows(), A.cols() + B.cols());
  both.topLeftCorner(A.rows(), A.cols()) = A;
  both.bottomRightCorner(B.rows(), B.cols()) = B;
  return both;
}

Eigen::MatrixXd polygon(Eigen::Index k) {
  return regular_polygon(k, 1.0, 0.0).W;
}

Eigen::MatrixXd digon_of() {
  return Eigen::RowVector2d(1.0, -1.0);
}

/// All sign changes of (±1, …, ±1)/√m.
Eigen::MatrixXd cube(Eigen::Index m) {
  Eigen::MatrixXd W(m, Eigen::Index{1} << m);
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    for (Eigen::Index a = 0; a < m; ++a) W(a, i) = ((i >> a) & 1) != 0 ? 1.0 : -1.0;
  }
  return W.colwise().normalized();
}

/// All ±e_a ± e_b.
Eigen::MatrixXd roots_d(Eigen::Index m) {
  Eigen::MatrixXd W = Eigen::MatrixXd::Zero(m, 2 * m * (m - 1));
  Eigen::Index column = 0;
  for (Eigen::Index a = 0; a < m; ++a) {
    for (Eigen::Index b = 0; b < a; ++b) {
      for (const double s : {1.0, -1.0}) {
        for (const double t : {1.0, -1.0}) {
          W(a, column) = s;
          W(b, column++) = t;
        }
      }
    }
  }
  return W.colwise().normalized();
}

Eigen::MatrixXd square_antiprism(double height) {
  Eigen::MatrixXd W(3, 8);
  const double radius = std::sqrt(1.0 - height * height);
  for (Eigen::Index i = 0; i < 8; ++i) {
    const double angle = std::numbers::pi / 4.0 * double(i);
    W.col(i) << radius * std::cos(angle), radius * std::sin(angle), i % 2 == 0 ? height : -height;
  }
  return W;
}

std::string name_of(const Eigen::MatrixXd& W) {
  // Names depend on the inner products alone.
  const std::string turned =
      describe_geometry(product(random_rotation(W.rows(), 3), W.rowwise().reverse())).name;
  CHECK(describe_geometry(W).name == turned);
  return turned;
}

}  // namespace

TEST_CASE("known geometries have their names") {
  CHECK(name_of(polygon(3)) == "triangle");
  CHECK(name_of(polygon(5)) == "pentagon");
  CHECK(name_of(polygon(6)) == "hexagon");
  CHECK(name_of(polygon(11)) == "11-gon");
  CHECK(name_of(digon_of()) == "digon");
  CHECK(name_of(beside(digon_of(), digon_of())) == "square");
  CHECK(name_of(beside(beside(digon_of(), digon_of()), digon_of())) == "octahedron");
  CHECK(name_of(beside(polygon(5), digon_of())) == "digon ⊥ pentagon");
  CHECK(name_of(beside(beside(digon_of(), digon_of()), polygon(3))) == "2 × digon ⊥ triangle");
  CHECK(name_of(cube(3)) == "cube");
  CHECK(name_of(cube(4)) == "tesseract");
  CHECK(name_of(roots_d(3)) == "cuboctahedron");
  CHECK(name_of(roots_d(4)) == "24-cell");
  CHECK(name_of(square_antiprism(0.5)) == "square antiprism");
  CHECK(name_of(square_antiprism(0.6)) == "square antiprism");
  Eigen::MatrixXd simplex = Eigen::MatrixXd::Identity(6, 6);
  simplex.array() -= 1.0 / 6.0;
  CHECK(describe_geometry(simplex).name == "simplex_5");
  CHECK(describe_geometry(Eigen::MatrixXd::Identity(3, 3)).name == "3 × point");
}

TEST_CASE("what has no name is counted out, with its inner products") {
  Eigen::MatrixXd W = beside(random_points(4, 2, 8), digon_of());
  const Geometry geometry = describe_geometry(W);
  CHECK(geometry.name == "4 points in 2 dimensions ⊥ digon");
  REQUIRE(geometry.components.size() == 2);
  CHECK(geometry.components[0].points == std::vector<Eigen::Index>{0, 1, 2, 3});
  CHECK(geometry.components[1].points == std::vector<Eigen::Index>{4, 5});
  std::size_t pairs = 0;
  for (const auto& [value, count] : geometry.inner_products) pairs += count;
  CHECK(pairs == 15);
  // Absent features are not part of it.
  W.conservativeResize(3, 7);
  W.col(6).setZero();
  CHECK(describe_geometry(W).name == geometry.name);
}

TEST_CASE("L_1 alone chooses the polytope: pentagon, hexagon, and one feature fewer") {
  OptimumOptions options;
  options.starts = 16;
  const std::vector<RepresentedOptimum> five = one_sparse_optima(5, 2, options);
  REQUIRE(five.front().represented == 5);
  CHECK(describe_geometry(five.front().at.model.W, 1e-3).name == "pentagon");
  CHECK(five.front().at.loss / 5.0 == Approx(0.01582563).epsilon(1e-6));
  // With six, five on a pentagon and one absent lose little more than the hexagon: (5 ℓ_5 + 1/3 − 1/24)/6.
  const std::vector<RepresentedOptimum> six = one_sparse_optima(6, 2, options);
  REQUIRE(six.front().represented == 6);
  CHECK(six.front().at.loss / 6.0 == Approx(0.04819238).epsilon(1e-6));
  REQUIRE(six[1].represented == 5);
  CHECK(six[1].at.loss == Approx(5.0 * 0.015825628 + 1.0 / 3.0 - 1.0 / 24.0).epsilon(1e-6));
  // In three dimensions six features fit without interference.
  const std::vector<RepresentedOptimum> octahedron = one_sparse_optima(6, 3, options);
  CHECK(octahedron.front().at.loss < 1e-9);
  CHECK(describe_geometry(octahedron.front().at.model.W, 1e-3).name == "octahedron");
}
