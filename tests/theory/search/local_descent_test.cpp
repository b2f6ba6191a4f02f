#include "theory/search/local_descent.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/random.hpp"
#include "theory/search/sphere_descent.hpp"

namespace {

using namespace digon;
using At = Eigen::Map<const Eigen::VectorXd>;
using Gradient = Eigen::Map<Eigen::VectorXd>;

Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  Eigen::MatrixXd A(rows, columns);
  fill_standard_normal({A.data(), std::size_t(A.size())}, {seed, Purpose::initial_weights});
  return A;
}

double rosenbrock(At x, Gradient gradient) {
  const double off = x[1] - x[0] * x[0];
  gradient << -2.0 * (1.0 - x[0]) - 400.0 * x[0] * off, 200.0 * off;
  return (1.0 - x[0]) * (1.0 - x[0]) + 100.0 * off * off;
}

}  // namespace

TEST_CASE("a descent on a quadratic ends at the solution of its linear system") {
  for (const Eigen::Index size : {1, 2, 7, 30}) {
    const Eigen::MatrixXd root = random_matrix(size, size, 3);
    const Eigen::MatrixXd A = root * root.transpose() + Eigen::MatrixXd::Identity(size, size);
    const Eigen::VectorXd solution = random_matrix(size, 1, 4);
    const Eigen::VectorXd end = local_descent(
        [&](At x, Gradient gradient) {
          const Eigen::VectorXd off = x - solution;
          gradient = A * off;
          return 0.5 * off.dot(A * off);
        },
        Eigen::VectorXd::Zero(size));
    CAPTURE(size);
    CHECK((end - solution).norm() < 1e-7);
  }
}

TEST_CASE("a descent follows Rosenbrock's valley to its end, and no further than its steps") {
  const Eigen::Vector2d start(-1.2, 1.0);
  CHECK((local_descent(rosenbrock, start) - Eigen::Vector2d::Ones()).norm() < 1e-8);
  const Eigen::VectorXd early = local_descent(rosenbrock, start, {.steps = 5});
  CHECK((early - start).norm() > 0.01);
  CHECK((early - Eigen::Vector2d::Ones()).norm() > 0.1);
}

TEST_CASE("a descent steps back from where a function cannot be evaluated, and does not begin there") {
  // 10x − log x has its minimum at 0.1; the first step from 0.9 is to below 0.
  std::size_t outside = 0;
  const auto barrier = [&](At x, Gradient gradient) {
    gradient[0] = 10.0 - 1.0 / x[0];
    if (x[0] > 0.0) return 10.0 * x[0] - std::log(x[0]);
    ++outside;
    return std::numeric_limits<double>::infinity();
  };
  CHECK(local_descent(barrier, Eigen::VectorXd::Constant(1, 0.9))[0] == Approx(0.1).epsilon(1e-7));
  CHECK(outside > 0);
  const Eigen::VectorXd there = Eigen::VectorXd::Constant(1, -1.0);
  CHECK(local_descent(barrier, there) == there);
}

TEST_CASE("a descent on spheres ends at the eigenvector of the least eigenvalue, each column for itself") {
  constexpr Eigen::Index m = 4;
  constexpr Eigen::Index n = 3;
  const Eigen::MatrixXd root = random_matrix(m, m, 1);
  const Eigen::MatrixXd Q = symmetric_eigen(root + root.transpose()).vectors;
  const Eigen::MatrixXd A = Q * Eigen::Vector4d(-1.0, 0.5, 2.0, 3.0).asDiagonal() * Q.transpose();
  const Eigen::MatrixXd start = 3.0 * random_matrix(m, n, 2);
  const Eigen::MatrixXd W = descend_on_spheres(
      [&](Eigen::Map<const Eigen::MatrixXd> at, Eigen::Map<Eigen::MatrixXd> by_W) {
        by_W = A * at;
        return 0.5 * at.cwiseProduct(A * at).sum();
      },
      start);
  for (Eigen::Index i = 0; i < n; ++i) {
    CHECK(std::abs(W.col(i).dot(Q.col(0))) == Approx(1.0).epsilon(1e-12));
    CHECK(W.col(i).norm() == Approx(1.0).epsilon(1e-14));
  }
  CHECK(along_spheres(W, A * W).norm() < 1e-6);
}

TEST_CASE("two points with their inner product for a cost end opposite each other") {
  const Eigen::MatrixXd W = descend_on_spheres(
      [](Eigen::Map<const Eigen::MatrixXd> at, Eigen::Map<Eigen::MatrixXd> by_W) {
        by_W << at.col(1), at.col(0);
        return at.col(0).dot(at.col(1));
      },
      Eigen::Matrix2d::Identity());
  CHECK(W.col(0).dot(W.col(1)) == Approx(-1.0).epsilon(1e-10));
}

TEST_CASE("points that repel end at the vertices of a simplex, whose inner products are −1/m") {
  for (const Eigen::Index m : {2, 3, 5}) {
    const Eigen::MatrixXd W = descend_on_spheres(
        [](Eigen::Map<const Eigen::MatrixXd> at, Eigen::Map<Eigen::MatrixXd> by_W) {
          const Eigen::MatrixXd G = (at.transpose() * at).array().exp();
          by_W = at * G;  // the diagonal is constant on the spheres
          return 0.5 * G.sum();
        },
        random_matrix(m, m + 1, 6));
    const Eigen::MatrixXd simplex = Eigen::MatrixXd::Constant(m + 1, m + 1, -1.0 / double(m)) +
                                    (1.0 + 1.0 / double(m)) * Eigen::MatrixXd::Identity(m + 1, m + 1);
    CAPTURE(m);
    CHECK((W.transpose() * W - simplex).norm() < 1e-5);
  }
}
