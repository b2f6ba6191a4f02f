#include "theory/engine/unit_gradient.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/derivative_check.hpp"
#include "tests/theory/vertex_oracle.hpp"

using namespace digon;

namespace {

/// E[inactive], E[active] of the unit by the oracle.
OutputError oracle_error(const OutputUnit& unit) {
  const auto V = [&](int e, int r) {
    return vertex_power_mean(unit.bias, unit.own, unit.others, unit.density, e, r).value;
  };
  return {V(-1, 2), 1.0 / 3.0 - 2.0 * V(1, 1) + V(0, 2)};
}

OutputUnit unit_of(const Eigen::VectorXd& x, const Eigen::VectorXd& density) {
  return {x[0], x[1], x.tail(x.size() - 2), density};
}

const OutputUnit plain_unit{-0.2, 0.8, (Eigen::VectorXd(4) << 0.5, -0.4, 0.05, -0.6).finished(),
                            (Eigen::VectorXd(4) << 0.3, 0.9, 0.5, 0.1).finished()};

Eigen::VectorXd parameters(const OutputUnit& unit) {
  Eigen::VectorXd x(unit.others.size() + 2);
  x << unit.bias, unit.own, unit.others;
  return x;
}

Eigen::VectorXd gradient_of(const UnitGradient& gradient) {
  Eigen::VectorXd all(gradient.by_others.size() + 2);
  all << gradient.by_bias, gradient.by_own, gradient.by_others;
  return all;
}

}  // namespace

TEST_CASE("unit gradient: the errors are the oracle's, the gradient their derivative") {
  const ErrorWeights weights{0.7, 0.3};
  const UnitGradient gradient = unit_gradient(plain_unit, weights, {});
  const OutputError exact = oracle_error(plain_unit);
  CHECK(gradient.expected.inactive == Approx(exact.inactive).epsilon(1e-11));
  CHECK(gradient.expected.active == Approx(exact.active).epsilon(1e-11));
  const auto F = [&](const Eigen::VectorXd& x) {
    const OutputError error = oracle_error(unit_of(x, plain_unit.density));
    return weights.inactive * error.inactive + weights.active * error.active;
  };
  check_derivatives(F, parameters(plain_unit), {F(parameters(plain_unit)), gradient_of(gradient)}, 1e-2);
}

TEST_CASE("unit gradient: features that cannot be heard have a derivative too") {
  OutputUnit unit = plain_unit;
  unit.others[1] = 0.0;    // E[x_i q'] = p μ₁ E[q']
  unit.others[2] = 1e-15;  // the same
  unit.density[3] = 0.0;   // never active: 0
  const UnitGradient gradient = unit_gradient(unit, {0.7, 0.3}, {});
  CHECK(gradient.by_others[1] == Approx(0.45 * gradient.by_bias).epsilon(1e-14));
  CHECK(gradient.by_others[2] == Approx(0.25 * gradient.by_bias).epsilon(1e-14));
  CHECK(gradient.by_others[3] == 0.0);
  const auto F = [&](const Eigen::VectorXd& x) {
    const OutputError error = oracle_error(unit_of(x, unit.density));
    return 0.7 * error.inactive + 0.3 * error.active;
  };
  check_derivatives(F, parameters(unit), {F(parameters(unit)), gradient_of(gradient)}, 1e-2);
}

TEST_CASE("unit gradient: without a ReLU, the errors of a unit that is always on") {
  OutputUnit unit = plain_unit;
  unit.bias = 4.0;
  const ErrorWeights weights{0.6, 0.4};
  const UnitGradient linear = linear_unit_gradient(unit, weights);
  const OutputError exact = oracle_error(unit);
  CHECK(linear.expected.inactive == Approx(exact.inactive).epsilon(1e-14));
  CHECK(linear.expected.active == Approx(exact.active).epsilon(1e-14));
  for (const double bias : {4.0, -0.3}) {
    unit.bias = bias;
    const auto F = [&](const Eigen::VectorXd& x) {
      const UnitGradient at = linear_unit_gradient(unit_of(x, unit.density), weights);
      return weights.inactive * at.expected.inactive + weights.active * at.expected.active;
    };
    check_derivatives(F, parameters(unit),
                      {F(parameters(unit)), gradient_of(linear_unit_gradient(unit, weights))});
  }
}

TEST_CASE("output unit: the others of each output, its range, and who cannot be heard") {
  const ToyModel model{(Eigen::MatrixXd(1, 3) << 1.0, -2.0, 0.5).finished(), Eigen::Vector3d(0.1, 0.2, 0.3)};
  const std::vector<OutputUnit> units = output_units(model, Eigen::Vector3d(0.4, 0.0, 0.6), Law{});
  REQUIRE(units.size() == 3);
  CHECK(units[1].own == 4.0);
  CHECK(units[1].others == Eigen::Vector2d(-2.0, -1.0));
  CHECK(units[1].density == Eigen::Vector2d(0.4, 0.6));
  CHECK(support_of(units[1]).least == Approx(0.2 - 3.0));
  CHECK(support_of(units[1]).greatest == Approx(0.2 + 4.0));
  CHECK(silent_others(units[0]) == std::vector<bool>{true, false});  // feature 1 is never active
  CHECK(without_silent(units[0], silent_others(units[0])).others == Eigen::VectorXd::Constant(1, 0.5));
}
