#include "theory/numerics/sphere_product.hpp"

#include <catch2/catch.hpp>

#include "tests/random_models.hpp"

using namespace digon;

TEST_CASE("the product of spheres is a manifold to Ceres: plus undoes minus, Jacobians are derivatives") {
  for (const Eigen::Index m : {2, 3, 4, 6}) {
    const SphereProduct spheres(m, 3);
    const Eigen::MatrixXd x = random_model(3, m, 1.0, 1).W.colwise().normalized();
    const Eigen::MatrixXd off = random_model(3, m, 1.0, 2).W.colwise().normalized();
    const Eigen::MatrixXd y = (x + 0.5 * off).colwise().normalized();
    Eigen::VectorXd delta(spheres.TangentSize());
    Eigen::MatrixXd back(m, 3);
    REQUIRE(spheres.Minus(y.data(), x.data(), delta.data()));
    REQUIRE(spheres.Plus(x.data(), delta.data(), back.data()));
    CHECK((back - y).norm() < 1e-12);

    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    RowMajor jacobian(spheres.AmbientSize(), spheres.TangentSize());
    REQUIRE(spheres.PlusJacobian(x.data(), jacobian.data()));
    const Eigen::VectorXd step = 1e-6 * Eigen::VectorXd::LinSpaced(spheres.TangentSize(), -1.0, 2.0);
    REQUIRE(spheres.Plus(x.data(), step.data(), back.data()));
    CHECK(((back - x).reshaped() - jacobian * step).norm() < 1e-10);
    CHECK((back.colwise().norm().array() - 1.0).abs().maxCoeff() < 1e-15);
    RowMajor inverse(spheres.TangentSize(), spheres.AmbientSize());
    REQUIRE(spheres.MinusJacobian(x.data(), inverse.data()));
    CHECK((inverse * jacobian - Eigen::MatrixXd::Identity(step.size(), step.size())).norm() < 1e-12);
    RowMajor product(1, spheres.TangentSize());
    const RowMajor ambient = RowMajor::Random(1, spheres.AmbientSize());
    REQUIRE(spheres.RightMultiplyByPlusJacobian(x.data(), 1, ambient.data(), product.data()));
    CHECK((product - ambient * jacobian).norm() < 1e-13);
  }
}

TEST_CASE("the product of spheres: tangents are finite however near to a pole a point is") {
  for (const double off : {0.0, 1e-200, 1e-155, 1e-154, 1e-100, 1e-9}) {
    const Eigen::Vector3d x{off, -0.5 * off, 1.0};
    const SphereProduct sphere(3, 1);
    Eigen::Matrix<double, 3, 2, Eigen::RowMajor> jacobian;
    REQUIRE(sphere.PlusJacobian(x.data(), jacobian.data()));
    CAPTURE(off);
    CHECK((jacobian.transpose() * jacobian - Eigen::Matrix2d::Identity()).norm() < 1e-15);  // false of NaN
    CHECK((x.transpose() * jacobian).norm() < 1e-15);
  }
}
