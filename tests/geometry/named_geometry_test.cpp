#include "geometry/named_geometry.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <numbers>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/random.hpp"

namespace {

using namespace digon;

constexpr double phi = std::numbers::phi;

Eigen::MatrixXd normal(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  std::vector<double> values(std::size_t(rows * columns));
  fill_standard_normal(values, {seed, Purpose::initial_weights});
  return Eigen::Map<Eigen::MatrixXd>(values.data(), rows, columns);
}

/// Two sets of vectors in orthogonal spaces.
Eigen::MatrixXd beside(const Eigen::MatrixXd& A, const Eigen::MatrixXd& B) {
  Eigen::MatrixXd both = Eigen::MatrixXd::Zero(A.rows() + B.rows(), A.cols() + B.cols());
  both.topLeftCorner(A.rows(), A.cols()) = A;
  both.bottomRightCorner(B.rows(), B.cols()) = B;
  return both;
}

/// ±e_a: m digons.
Eigen::MatrixXd digons(Eigen::Index m) {
  Eigen::MatrixXd W(m, 2 * m);
  W << Eigen::MatrixXd::Identity(m, m), -Eigen::MatrixXd::Identity(m, m);
  return W;
}

Eigen::MatrixXd polygon(Eigen::Index k) {
  Eigen::MatrixXd W(2, k);
  for (Eigen::Index i = 0; i < k; ++i) {
    const double angle = 2.0 * std::numbers::pi * double(i) / double(k);
    W.col(i) << std::cos(angle), std::sin(angle);
  }
  return W;
}

Eigen::MatrixXd simplex(Eigen::Index dimension) {
  Eigen::MatrixXd W = Eigen::MatrixXd::Identity(dimension + 1, dimension + 1);
  W.array() -= 1.0 / double(dimension + 1);
  return W;
}

/// All sign changes of (±1, …, ±1).
Eigen::MatrixXd cube(Eigen::Index m) {
  Eigen::MatrixXd W(m, Eigen::Index{1} << m);
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    for (Eigen::Index a = 0; a < m; ++a) W(a, i) = ((i >> a) & 1) != 0 ? 1.0 : -1.0;
  }
  return W;
}

Eigen::MatrixXd columns_where(const Eigen::MatrixXd& W,
                              const std::function<bool(const Eigen::VectorXd&)>& keep) {
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    if (keep(W.col(i))) kept.push_back(i);
  }
  return W(Eigen::all, kept);
}

/// The vertices of a cube with an even number of minus signs.
Eigen::MatrixXd half_cube(Eigen::Index m) {
  return columns_where(cube(m), [](const Eigen::VectorXd& v) { return (v.array() < 0.0).count() % 2 == 0; });
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
  return W;
}

Eigen::MatrixXd roots_e8() {
  Eigen::MatrixXd W(8, 240);
  W << roots_d(8), 0.5 * half_cube(8);
  return W / std::numbers::sqrt2;
}

const Eigen::VectorXd& root_a() {
  static const Eigen::VectorXd a = roots_e8().col(0);
  return a;
}

/// A root at 120° to root_a.
const Eigen::VectorXd& root_b() {
  static const Eigen::VectorXd b = columns_where(roots_e8(), [](const Eigen::VectorXd& v) {
                                     return std::abs(v.dot(root_a()) + 0.5) < 1e-9;
                                   }).col(0);
  return b;
}

/// The E8 roots whose inner products with root_a and root_b are these, with those two directions removed.
Eigen::MatrixXd roots_seen_at(double a, double b) {
  const Eigen::MatrixXd W = columns_where(roots_e8(), [&](const Eigen::VectorXd& v) {
    return std::abs(v.dot(root_a()) - a) < 1e-9 && std::abs(v.dot(root_b()) - b) < 1e-9;
  });
  const Eigen::VectorXd u = root_a();
  const Eigen::VectorXd w = (root_b() - root_b().dot(u) * u).normalized();
  return W - u * (u.transpose() * W) - w * (w.transpose() * W);
}

/// The same of root_a alone.
Eigen::MatrixXd roots_seen_at(double a) {
  const Eigen::MatrixXd W = columns_where(
      roots_e8(), [&](const Eigen::VectorXd& v) { return std::abs(v.dot(root_a()) - a) < 1e-9; });
  return W - root_a() * (root_a().transpose() * W);
}

/// (0, ±x, ±y) and its cyclic permutations.
Eigen::MatrixXd cyclic(double x, double y) {
  Eigen::MatrixXd W = Eigen::MatrixXd::Zero(3, 12);
  Eigen::Index column = 0;
  for (Eigen::Index a = 0; a < 3; ++a) {
    for (const double s : {1.0, -1.0}) {
      for (const double t : {1.0, -1.0}) {
        W((a + 1) % 3, column) = s * x;
        W((a + 2) % 3, column++) = t * y;
      }
    }
  }
  return W;
}

Eigen::MatrixXd dodecahedron() {
  Eigen::MatrixXd W(3, 20);
  W << cube(3), cyclic(1.0 / phi, phi);
  return W;
}

/// ±e_a, (±1, ±1, ±1, ±1)/2 and the even permutations of (±φ, ±1, ±1/φ, 0)/2.
Eigen::MatrixXd cell_600() {
  Eigen::MatrixXd W = Eigen::MatrixXd::Zero(4, 120);
  W.leftCols(24) << digons(4), 0.5 * cube(4);
  constexpr int even[12][4] = {{0, 1, 2, 3}, {0, 2, 3, 1}, {0, 3, 1, 2}, {1, 0, 3, 2},
                               {1, 2, 0, 3}, {1, 3, 2, 0}, {2, 0, 1, 3}, {2, 1, 3, 0},
                               {2, 3, 0, 1}, {3, 0, 2, 1}, {3, 1, 0, 2}, {3, 2, 1, 0}};
  Eigen::Index column = 24;
  for (const auto& order : even) {
    for (int signs = 0; signs < 8; ++signs) {
      const double values[] = {phi, 1.0, 1.0 / phi};
      for (int a = 0; a < 3; ++a) {
        W(order[a], column) = ((signs >> a) & 1) != 0 ? 0.5 * values[a] : -0.5 * values[a];
      }
      ++column;
    }
  }
  return W;
}

/// Squares at heights ±h, one turned against the other; 45° is the antiprism, 0° a box.
Eigen::MatrixXd two_squares(double height, double turn_degrees = 45.0) {
  Eigen::MatrixXd W(3, 8);
  const double radius = std::sqrt(1.0 - height * height);
  for (Eigen::Index i = 0; i < 8; ++i) {
    const double angle =
        std::numbers::pi / 2.0 * double(i / 2) + (i % 2 == 0 ? 0.0 : turn_degrees * std::numbers::pi / 180.0);
    W.col(i) << radius * std::cos(angle), radius * std::sin(angle), i % 2 == 0 ? height : -height;
  }
  return W;
}

/// Ten tetrahedra, each orthogonal to one other: five pairs. A vertex has −1/2 with one vertex of each
/// further tetrahedron and 1/6 with the rest, so that the 40 vertices fill ten dimensions evenly. Which
/// vertex that is: of the first tetrahedron and all others, the one of the same number; the second, of pair
/// l, swaps[l]; of pairs k < l, a 4-cycle, forwards where both are the first or the second of their pairs,
/// else backwards.
Eigen::MatrixXd code_10_40() {
  constexpr int swaps[5][4] = {{}, {0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}, {1, 0, 3, 2}};
  constexpr int a[4] = {1, 3, 0, 2};
  constexpr int b[4] = {3, 0, 1, 2};
  constexpr int c[4] = {2, 3, 1, 0};
  constexpr int back_a[4] = {2, 0, 3, 1};
  constexpr int back_c[4] = {3, 2, 0, 1};
  const auto cycle_of = [&](int k, int l) {
    return k == 3 ? back_a : k == 2 ? (l == 3 ? back_c : b) : l == 2 ? a : l == 3 ? b : c;
  };
  const auto partner = [&](int k, bool k_second, int l, bool l_second, int i) {
    if (k == 0) return k_second ? swaps[l][i] : i;
    const int* const cycle = cycle_of(k, l);
    return k_second == l_second ? cycle[i] : int(std::find(cycle, cycle + 4, i) - cycle);
  };
  Eigen::MatrixXd G = Eigen::MatrixXd::Identity(40, 40);
  for (int t = 0; t < 10; ++t) {
    for (int u = t; u < 10; ++u) {
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
          double& g = G(4 * u + j, 4 * t + i);
          if (u == t) {
            g = i == j ? 1.0 : -1.0 / 3.0;
          } else if (u / 2 != t / 2) {
            g = partner(t / 2, t % 2 == 1, u / 2, u % 2 == 1, i) == j ? -0.5 : 1.0 / 6.0;
          }
          G(4 * t + i, 4 * u + j) = g;
        }
      }
    }
  }
  const SymmetricEigen eigen = symmetric_eigen(G);
  return eigen.values.tail(10).cwiseSqrt().asDiagonal() * eigen.vectors.rightCols(10).transpose();
}

struct Named {
  std::string name;
  Eigen::MatrixXd W;
};

std::vector<Named> figures() {
  const Eigen::MatrixXd digon = digons(1);
  const Eigen::MatrixXd one = Eigen::MatrixXd::Identity(1, 1);
  return {{"dedicated", one},
          {"3 dedicated", Eigen::MatrixXd::Identity(3, 3)},
          {"digon", digon},
          {"2 digons (cross-polytope_2)", polygon(4)},
          {"3 digons (octahedron)", digons(3)},
          {"4 digons (cross-polytope_4)", digons(4)},
          {"2 dedicated ⊥ digon", beside(digon, Eigen::MatrixXd::Identity(2, 2))},
          {"triangle", polygon(3)},
          {"2 triangles", beside(polygon(3), polygon(3))},
          {"digon ⊥ triangle", beside(polygon(3), digon)},
          {"2 digons ⊥ triangle", beside(beside(digon, polygon(3)), digon)},
          {"tetrahedron", simplex(3)},
          {"2 tetrahedra", beside(simplex(3), simplex(3))},
          {"simplex_5", simplex(5)},
          {"2 × simplex_4", beside(simplex(4), simplex(4))},
          {"pentagon", polygon(5)},
          {"hexagon", polygon(6)},
          {"11-gon", polygon(11)},
          {"square antiprism", two_squares(0.5)},
          {"square antiprism", two_squares(1.0 / std::sqrt(3.0))},
          {"cube", cube(3)},
          {"icosahedron", cyclic(1.0, phi)},
          {"cuboctahedron", roots_d(3)},
          {"dodecahedron", dodecahedron()},
          {"tesseract", cube(4)},
          {"24-cell", roots_d(4)},
          {"600-cell", cell_600()},
          {"Clebsch (hemicube)", half_cube(5)},
          {"Schläfli", roots_seen_at(0.5, 0.0)},
          {"E6 roots", roots_seen_at(0.0, 0.0)},
          {"Gosset 3_21", roots_seen_at(0.5)},
          {"E7 roots", roots_seen_at(0.0)},
          {"E8 roots", roots_e8()},
          {"(10, 40, 1/6) code", code_10_40()}};
}

std::string name_of(const Eigen::MatrixXd& W) {
  return describe_geometry(W).name;
}

/// Turned into a space of two more dimensions, the columns in another order and of other lengths.
Eigen::MatrixXd disguised(const Eigen::MatrixXd& W, std::uint64_t seed) {
  const Eigen::Index m = W.rows() + 2;
  const Eigen::MatrixXd N = normal(m, m, seed);
  const Eigen::MatrixXd Q = symmetric_eigen(N + N.transpose()).vectors;
  Eigen::MatrixXd turned = (Q.leftCols(W.rows()) * W).colwise().normalized();
  for (Eigen::Index i = 0; i < turned.cols(); ++i) turned.col(i) *= 0.7 + 0.05 * double((7 * i) % 16);
  return turned.rowwise().reverse();
}

}  // namespace

TEST_CASE("every figure has its name, however it is turned, ordered and stretched") {
  for (const auto& [name, W] : figures()) {
    INFO(name);
    const Eigen::MatrixXd other = disguised(W, 3);
    CHECK(name_of(other) == name);
    CHECK(describe_geometry(other, packing_tolerance).name == name);
  }
}

TEST_CASE("a figure a little off has its name, but not of a packing") {
  for (const auto& [name, W] : figures()) {
    INFO(name);
    Eigen::MatrixXd off = W.colwise().normalized();
    off += 0.03 * normal(W.rows(), W.cols(), 11).colwise().normalized();
    CHECK(name_of(off) == name);
    // In one dimension every direction is exact.
    if (W.rows() > 1) CHECK(describe_geometry(off, packing_tolerance).name != name);
  }
}

TEST_CASE("a figure with one vector reversed, or all of them bent, has not its name") {
  for (const auto& [name, W] : figures()) {
    INFO(name);
    Eigen::MatrixXd reversed = W.colwise().normalized();
    reversed.col(0) *= -1.0;
    if (name.find("dedicated") != std::string::npos) continue;  // either way up is dedicated
    CHECK(name_of(reversed) != name);
    Eigen::MatrixXd bent = beside(W.colwise().normalized(), Eigen::MatrixXd(1, 0));
    bent += 0.6 * normal(bent.rows(), bent.cols(), 12).colwise().normalized();
    CHECK(name_of(bent) != name);
  }
}

TEST_CASE("each figure is refused where it is deformed beyond the tolerance") {
  const auto degrees = [](double angle) { return angle * std::numbers::pi / 180.0; };
  const auto at = [&](std::initializer_list<double> angles) {
    Eigen::MatrixXd W(2, Eigen::Index(angles.size()));
    Eigen::Index i = 0;
    for (const double angle : angles) {
      W.col(i) << std::cos(degrees(angle)), std::sin(degrees(angle));
      ++i;
    }
    return W;
  };
  CHECK(name_of(at({0, 95})) == "2 dedicated");
  CHECK(name_of(at({0, 97})) == "2 points in 2 dimensions");
  CHECK(name_of(at({0, 60})) == "2 points in 2 dimensions");
  CHECK(name_of(at({0, 165})) == "digon");
  CHECK(name_of(at({0, 150})) == "2 points in 2 dimensions");
  CHECK(name_of(at({0, 0})) == "2 points in 1 dimension");  // the same direction is no digon
  CHECK(name_of(at({0, 91, 180, 270})) == "2 digons (cross-polytope_2)");
  CHECK(name_of(at({0, 45, 180, 225})) == "2 digons in 2 dimensions");
  CHECK(name_of(at({0, 120, 244})) == "triangle");
  CHECK(name_of(at({0, 110, 240})) == "3 points in 2 dimensions");
  CHECK(name_of(at({0, 72, 140, 216, 288})) == "pentagon");
  CHECK(name_of(at({0, 60, 120, 180, 240})) == "5 points in 2 dimensions");
  CHECK(name_of(at({0, 60, 130, 190, 240, 310})) == "3 digons in 2 dimensions");
  CHECK(name_of(two_squares(0.6, 40.0)) == "square antiprism");
  CHECK(name_of(two_squares(0.6, 30.0)) == "8 points in 3 dimensions");
  // Three lines at 60° in space: each vector sees what one of a hexagon sees.
  Eigen::MatrixXd lines(3, 6);
  lines << 1, 1, 0, -1, -1, 0,  //
      1, 0, 1, -1, 0, -1,       //
      0, 1, 1, 0, -1, -1;
  CHECK(name_of(lines) == "3 digons in 3 dimensions");
}

TEST_CASE("what has no name is counted out, with its inner products") {
  const Eigen::MatrixXd W = beside(polygon(7).leftCols(4), digons(1));
  const Geometry geometry = describe_geometry(W);
  CHECK(geometry.name == "4 points in 2 dimensions ⊥ digon");
  REQUIRE(geometry.components.size() == 2);
  CHECK(geometry.components[0].points == std::vector<Eigen::Index>{0, 1, 2, 3});
  CHECK(geometry.components[0].dimension == 2);
  CHECK(geometry.components[1].points == std::vector<Eigen::Index>{4, 5});
  CHECK(geometry.components[1].dimension == 1);
  // 2π/7 three times, twice that twice, three times that once; −1; 0 of the digon with the others.
  const std::vector<std::pair<double, std::size_t>> expected{
      {-1.0, 1}, {-0.9009688679, 1}, {-0.2225209340, 2}, {0.0, 8}, {0.6234898019, 3}};
  const auto found = describe_geometry(W, packing_tolerance).inner_products;
  REQUIRE(found.size() == expected.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    CHECK(found[k].first == Approx(expected[k].first).margin(1e-9));
    CHECK(found[k].second == expected[k].second);
  }
}

TEST_CASE("absent columns are not part of the figure") {
  Eigen::MatrixXd W = beside(polygon(5), digons(1));
  W.col(5) *= 0.45;
  W.col(6) *= 0.45;
  CHECK(name_of(W) == "pentagon");
  W.col(5) *= 1.3;  // 0.585: represented
  CHECK(name_of(W) == "dedicated ⊥ pentagon");
  CHECK(describe_geometry(W).components[1].points == std::vector<Eigen::Index>{5});
  CHECK(name_of(0.45 * polygon(5)) == "no feature represented");
  CHECK(describe_geometry(Eigen::MatrixXd::Zero(2, 3)).components.empty());
}
