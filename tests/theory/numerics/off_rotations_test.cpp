#include "theory/numerics/off_rotations.hpp"

#include <catch2/catch.hpp>

#include "core/algebra/dense_solvers.hpp"
#include "tests/random_models.hpp"
#include "theory/numerics/tangent_spaces.hpp"

namespace {

using namespace digon;

/// The Hessian of ‖WᵀW − A‖²/4 at a W where it is 0: it is constant along rotations of W.
Eigen::MatrixXd gram_hessian(const Eigen::MatrixXd& W) {
  const Eigen::Index n = W.cols();
  Eigen::MatrixXd by_entry(n * n, W.size());
  for (Eigen::Index k = 0; k < W.size(); ++k) {
    Eigen::MatrixXd moved = Eigen::MatrixXd::Zero(W.rows(), n);
    moved.reshaped()[k] = 1.0;
    const Eigen::MatrixXd change = moved.transpose() * W + W.transpose() * moved;
    by_entry.col(k) = change.reshaped();
  }
  return 0.5 * by_entry.transpose() * by_entry;
}

Eigen::Index zeros_of(const Eigen::VectorXd& eigenvalues) {
  return (eigenvalues.array().abs() < 1e-10).count();
}

}  // namespace

TEST_CASE("the example of off_rotations.hpp") {
  const Eigen::MatrixXd W = Eigen::Vector2d(1.0, 0.0);
  const Eigen::MatrixXd rotations = rotations_of(W);
  REQUIRE(rotations.cols() == 1);
  CHECK(rotations.cwiseAbs() == Eigen::MatrixXd(Eigen::Vector2d(0.0, 1.0)));
  const Eigen::VectorXd off = eigenvalues_off(Eigen::Vector2d(8.0, 0.0).asDiagonal(), rotations);
  REQUIRE(off.size() == 1);
  CHECK(off[0] == Approx(8.0));
}

TEST_CASE("a Hessian that rotations leave alone has a zero for each of them, and none off them") {
  for (const auto& [m, n] : {std::pair<Eigen::Index, Eigen::Index>{1, 3}, {2, 2}, {2, 5}, {3, 4}, {5, 7}}) {
    const Eigen::MatrixXd W = random_model(n, m, 1.0, 3).W;
    const Eigen::MatrixXd H = gram_hessian(W);
    const Eigen::MatrixXd rotations = rotations_of(W);
    const Eigen::Index count = m * (m - 1) / 2;
    CAPTURE(m, n);
    CHECK(rotations.cols() == count);
    CHECK((H * rotations).norm() < 1e-12 * H.norm() * (1.0 + rotations.norm()));
    CHECK(zeros_of(symmetric_eigenvalues(H)) == count);
    const Eigen::VectorXd off = eigenvalues_off(H, rotations);
    CHECK(off.size() == m * n - count);
    CHECK(zeros_of(off) == 0);
    CHECK(off.minCoeff() > 0.0);
  }
}

TEST_CASE("a Hessian that is not constant along rotations, or flat along more than them, is seen") {
  const Eigen::MatrixXd W = random_model(5, 3, 1.0, 4).W;
  const Eigen::MatrixXd rotations = rotations_of(W);
  const Eigen::MatrixXd not_invariant = gram_hessian(W) + 0.1 * Eigen::MatrixXd::Identity(15, 15);
  CHECK(zeros_of(symmetric_eigenvalues(not_invariant)) == 0);
  CHECK((not_invariant * rotations).norm() > 0.09 * rotations.norm());
  // One more flat direction, and one that falls.
  const Eigen::MatrixXd H = gram_hessian(W);
  const SymmetricEigen eigen = symmetric_eigen(H);
  const Eigen::VectorXd highest = eigen.vectors.rightCols(1);
  const Eigen::MatrixXd flat = H - eigen.values[14] * highest * highest.transpose();
  CHECK(zeros_of(eigenvalues_off(flat, rotations)) == 1);
  CHECK(eigenvalues_off(flat - 0.5 * highest * highest.transpose(), rotations)[0] ==
        Approx(-0.5).epsilon(1e-10));
}

TEST_CASE("directions that depend on each other count once, and none may be left") {
  // A vector in R³ turns in two directions only.
  const Eigen::MatrixXd one = Eigen::Vector3d(0.3, -0.4, 0.5);
  CHECK(rotations_of(one).cols() == 3);
  CHECK(eigenvalues_off(gram_hessian(one), rotations_of(one)).size() == 1);
  CHECK(eigenvalues_off(Eigen::Matrix2d::Identity(), Eigen::Matrix2d::Identity()).size() == 0);
  CHECK(eigenvalues_off(Eigen::Vector2d(2.0, 1.0).asDiagonal(), Eigen::MatrixXd(2, 0))
            .isApprox(Eigen::Vector2d(1.0, 2.0)));
}

TEST_CASE("tangent spaces: orthonormal, orthogonal to the points, and rotations that keep inner products") {
  const Eigen::MatrixXd W = random_model(6, 4, 1.0, 5).W.colwise().normalized();
  const TangentSpaces tangent(W);
  for (Eigen::Index i = 0; i < 6; ++i) {
    const Eigen::MatrixXd& B = tangent.basis[std::size_t(i)];
    CHECK((B.transpose() * B - Eigen::Matrix3d::Identity()).norm() < 1e-14);
    CHECK((B.transpose() * W.col(i)).norm() < 1e-14);
  }
  REQUIRE(tangent.rotations.cols() == 6);
  constexpr double h = 1e-5;
  for (Eigen::Index k = 0; k < 6; ++k) {
    const Eigen::MatrixXd turned = tangent.move(W, h * tangent.rotations.col(k));
    CHECK((turned - W).norm() > 0.5 * h);
    CHECK((turned.transpose() * turned - W.transpose() * W).norm() < 100.0 * h * h);
  }
}

TEST_CASE("eigenvalues of a tridiagonal matrix") {
  // Chebyshev's nodes: 0 on the diagonal, ½ beside it.
  const Eigen::VectorXd values =
      tridiagonal_eigenvalues(Eigen::VectorXd::Zero(7), Eigen::VectorXd::Constant(6, 0.5));
  for (Eigen::Index k = 0; k < 7; ++k)
    CHECK(values[k] == Approx(-std::cos(double(k + 1) * std::acos(-1.0) / 8.0)).margin(1e-14));
}
