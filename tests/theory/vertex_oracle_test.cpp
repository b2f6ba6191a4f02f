// The oracle itself, against what can be worked out by hand.
#include "tests/theory/vertex_oracle.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/random_models.hpp"

using namespace digon;

namespace {

constexpr OracleLaw unit_interval{0.0, 1.0};
constexpr OracleLaw symmetric{-1.0, 1.0};
constexpr OracleLaw shifted{0.5, 1.5};
constexpr OracleLaw one{1.0, 1.0};
constexpr OracleLaw minus_two{-2.0, -2.0};

/// n = m = 1: output max(w² x + b, 0).
ToyModel single(double w, double b) {
  return {Eigen::MatrixXd::Constant(1, 1, w), Eigen::VectorXd::Constant(1, b)};
}

/// Two features opposite each other in one dimension, no biases.
ToyModel antipodal_pair() {
  return {Eigen::RowVector2d(1.0, -1.0), Eigen::Vector2d::Zero()};
}

}  // namespace

TEST_CASE("oracle: one feature represented as it is leaves what a ReLU cannot answer, E[min(x, 0)²]") {
  struct Row {
    OracleLaw law;
    double loss;  // at p = 1
  };
  for (const auto& [law, loss] : {Row{unit_interval, 0.0}, Row{symmetric, 1.0 / 6.0}, Row{shifted, 0.0},
                                  Row{{-2.0, 4.0}, 4.0 / 9.0}, Row{one, 0.0}, Row{minus_two, 4.0}}) {
    CAPTURE(law.least, law.greatest);
    CHECK(vertex_oracle(single(1.0, 0.0), uniform_features(1, 0.3), law).loss ==
          Approx(0.3 * loss).epsilon(1e-15).margin(1e-100));
  }
}

TEST_CASE("oracle: an absent feature with bias β costs β² − 2 β p μ₁ + p μ₂") {
  struct Row {
    OracleLaw law;
    double mean;
    double mean_square;
  };
  for (const auto& [law, mean, mean_square] :
       {Row{unit_interval, 0.5, 1.0 / 3.0}, Row{symmetric, 0.0, 1.0 / 3.0}, Row{shifted, 1.0, 13.0 / 12.0},
        Row{one, 1.0, 1.0}, Row{minus_two, -2.0, 4.0}}) {
    for (const double bias : {0.2, 1.0}) {
      CAPTURE(law.least, law.greatest, bias);
      const double expected = bias * bias - 2.0 * bias * 0.4 * mean + 0.4 * mean_square;
      CHECK(vertex_oracle(single(0.0, bias), uniform_features(1, 0.4), law).loss ==
            Approx(expected).epsilon(1e-15).margin(1e-100));
    }
  }
}

TEST_CASE("oracle: one feature with a kink inside, by hand") {
  // x uniform on [0, 2], output max(x/2 − 1/4, 0), on for x > 1/2:
  // ½ (∫₀^½ x² dx + ∫_½² (x/2 + ¼)² dx) = ½ (1/24 + 39/32).
  const ToyModel model = single(std::sqrt(0.5), -0.25);
  CHECK(vertex_oracle(model, uniform_features(1, 1.0), {0.0, 2.0}).loss ==
        Approx(0.5 * (1.0 / 24.0 + 39.0 / 32.0)).epsilon(1e-15).margin(1e-100));
  // x = 3: output 5/4. x = 1/4: output 0.
  CHECK(vertex_oracle(model, uniform_features(1, 0.2), {3.0, 3.0}).loss ==
        Approx(0.2 * 49.0 / 16.0).epsilon(1e-15).margin(1e-100));
  CHECK(vertex_oracle(model, uniform_features(1, 0.2), {0.25, 0.25}).loss == Approx(0.2 / 16.0));
}

TEST_CASE("oracle: an antipodal pair") {
  // Both active: 2 E[min(x₁, x₂)²]. One: what its own output and the other's cannot answer, 2 E[min(x, 0)²].
  struct Row {
    OracleLaw law;
    double alone;
    double both;
  };
  for (const auto& [law, alone, both] :
       {Row{unit_interval, 0.0, 1.0 / 3.0}, Row{symmetric, 1.0 / 3.0, 2.0 / 3.0}, Row{shifted, 0.0, 1.5},
        Row{one, 0.0, 2.0}, Row{minus_two, 8.0, 8.0}}) {
    CAPTURE(law.least, law.greatest);
    const OracleLoss loss = vertex_oracle(antipodal_pair(), uniform_features(2, 0.3), law);
    CHECK(loss.L[0] == 0.0);
    CHECK(loss.L[1] == Approx(2.0 * alone).epsilon(1e-15).margin(1e-100));
    CHECK(loss.L[2] == Approx(both).epsilon(1e-15).margin(1e-100));
    CHECK(loss.loss == Approx(2.0 * 0.3 * 0.7 * alone + 0.09 * both).epsilon(1e-15).margin(1e-100));
  }
}

TEST_CASE("oracle: a narrow interval is as good as its middle, a wide one the mean of its halves") {
  const ToyModel model = random_model(4, 2, 0.8, 3);
  const FeatureDistribution features = uneven_features(4, 3);
  CHECK(vertex_oracle(model, features, {1.0 - 1e-9, 1.0 + 1e-9}).loss ==
        Approx(vertex_oracle(model, features, one).loss).epsilon(1e-14).margin(1e-100));
  const auto single_loss = [](const OracleLaw& law) {
    return vertex_oracle(single(0.9, -0.3), uniform_features(1, 0.7), law).loss;
  };
  CHECK(single_loss({-1.0, 3.0}) == Approx(0.5 * (single_loss({-1.0, 1.0}) + single_loss({1.0, 3.0}))));
}

TEST_CASE("oracle: the gradient of one feature, by hand") {
  // b² − …: absent with bias 0.2: ∂/∂b = 2β − 2 p μ₁. Present, always on: E[((1 − a) x − b)²] p + (1 − p) b².
  for (const OracleLaw& law : {unit_interval, shifted, one}) {
    CAPTURE(law.least, law.greatest);
    const double mean = 0.5 * (law.least + law.greatest);
    const double mean_square = mean * mean + std::pow(law.greatest - law.least, 2) / 12.0;
    const double w = 0.8;
    const double b = 0.2;
    const double p = 0.4;
    const double left = 1.0 - w * w;
    const OracleGradient gradient = vertex_oracle_gradient(single(w, b), uniform_features(1, p), law);
    CHECK(gradient.by_b[0] == Approx(2.0 * b - 2.0 * p * left * mean).epsilon(1e-14).margin(1e-100));
    CHECK(gradient.by_W(0, 0) ==
          Approx(p * 4.0 * w * (b * mean - left * mean_square)).epsilon(1e-14).margin(1e-100));
  }
}

TEST_CASE("oracle: power means by hand") {
  // x + x₁ − 1 above 0, of two active features: E = 1/6, and of x times it: ∫₀¹ x · x²/2 dx = 1/8.
  const Eigen::VectorXd g = Eigen::VectorXd::Ones(1);
  const Eigen::VectorXd always = Eigen::VectorXd::Ones(1);
  CHECK(vertex_power_mean(-1.0, 1.0, g, always, 0, 1).value ==
        Approx(1.0 / 6.0).epsilon(1e-15).margin(1e-100));
  CHECK(vertex_power_mean(-1.0, 1.0, g, always, 1, 1).value ==
        Approx(1.0 / 8.0).epsilon(1e-15).margin(1e-100));
  // Without x, active half the time: E[max(x₁ − 1/2, 0)²] = 1/24.
  CHECK(vertex_power_mean(-0.5, 7.0, g, 0.5 * always, -1, 2).value ==
        Approx(0.5 / 24.0).epsilon(1e-15).margin(1e-100));
  // Of constants 2: max(2·3 + 2 − 5, 0)³ = 27, half the time; else max(6 − 5, 0)³ = 1.
  const OraclePowerMean constants = vertex_power_mean(-5.0, 3.0, g, 0.5 * always, 1, 3, {2.0, 2.0});
  CHECK(constants.value == Approx(2.0 * 14.0).epsilon(1e-15).margin(1e-100));
  CHECK(constants.by_t == Approx(2.0 * 0.5 * 3.0 * (9.0 + 1.0)).epsilon(1e-14).margin(1e-100));
  CHECK(constants.by_a == Approx(2.0 * constants.by_t).epsilon(1e-14).margin(1e-100));
  CHECK(constants.by_g[0] == Approx(2.0 * 2.0 * 0.5 * 3.0 * 9.0).epsilon(1e-14).margin(1e-100));
}
