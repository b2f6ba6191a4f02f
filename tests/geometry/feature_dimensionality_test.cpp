#include "geometry/feature_dimensionality.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "core/algebra/products.hpp"

namespace {

Eigen::MatrixXd regular_polygon(Eigen::Index k) {
  Eigen::MatrixXd W(2, k);
  for (Eigen::Index i = 0; i < k; ++i) {
    const double angle = 2.0 * std::numbers::pi * double(i) / double(k);
    W.col(i) << 1.3 * std::cos(angle), 1.3 * std::sin(angle);
  }
  return W;
}

}  // namespace

TEST_CASE("the pieces of the paper have their dimensionalities") {
  const auto each = [](const Eigen::MatrixXd& W, double expected) {
    const auto geometry = digon::feature_geometry(W);
    for (const double D : geometry.dimensionality) CHECK(D == Approx(expected).epsilon(1e-12));
  };
  each(Eigen::MatrixXd::Identity(4, 4), 1.0);
  each(Eigen::RowVector2d(1, -1), 1.0 / 2.0);
  each(regular_polygon(3), 2.0 / 3.0);
  each(regular_polygon(5), 2.0 / 5.0);
  Eigen::MatrixXd tetrahedron(3, 4);
  tetrahedron << 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1, 1;
  each(tetrahedron, 3.0 / 4.0);
}

TEST_CASE("dimensionality counts every feature that shares the direction, by its length") {
  // W_0 = (2, 0), W_1 = (1, 1), W_2 = (0, −1): W_0·W_1 = 2, W_0·W_2 = 0, W_1·W_2 = −1.
  Eigen::MatrixXd W(2, 3);
  W << 2, 1, 0,  //
      0, 1, -1;
  const auto geometry = digon::feature_geometry(W);
  CHECK(geometry.dimensionality[0] == Approx(4.0 / (4.0 + 4.0 / 4.0)));        // 4/5
  CHECK(geometry.dimensionality[1] == Approx(2.0 / (2.0 + 4.0 / 2.0 + 0.5)));  // 4/9
  CHECK(geometry.dimensionality[2] == Approx(1.0 / (1.0 + 1.0)));              // 1/2
  // The capacity of scherlis2022, C_i = (W_i·W_i)²/Σ_j (W_i·W_j)²: 16/20, 4/9, 1/2.
  const Eigen::MatrixXd G = digon::gram(W);
  for (Eigen::Index i = 0; i < 3; ++i) {
    CHECK(geometry.dimensionality[i] == Approx(G(i, i) * G(i, i) / G.row(i).squaredNorm()).epsilon(1e-15));
  }
  // Reversed, and all turned, the same; of another length, not.
  W.col(1) *= -1.0;
  CHECK(digon::feature_geometry(W).dimensionality.isApprox(geometry.dimensionality, 1e-15));
  W.col(1) *= 2.0;
  CHECK_FALSE(digon::feature_geometry(W).dimensionality.isApprox(geometry.dimensionality, 0.1));
}

TEST_CASE("norms, superposition and dimensions per feature") {
  Eigen::MatrixXd W(2, 3);
  W << 3, -1, 0,  //
      0, 0, 0;
  const auto geometry = digon::feature_geometry(W);
  CHECK(geometry.norm == Eigen::Vector3d(3, 1, 0));
  CHECK(geometry.superposition == Eigen::Vector3d(1, 9, 0));
  CHECK(geometry.dimensionality[0] == Approx(9.0 / 10.0));
  CHECK(geometry.dimensionality[2] == 0.0);                      // absent
  CHECK(geometry.dimensions_per_feature == Approx(2.0 / 10.0));  // m/‖W‖², not m/‖W‖
  CHECK(digon::feature_geometry(regular_polygon(5)).dimensionality.sum() == Approx(2.0));  // tight: Σ D_i = m
}
