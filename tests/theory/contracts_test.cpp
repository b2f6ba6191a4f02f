// What the headers of law, engine and loss promise: each public numerical function's greatest error, held at
// its hardest arguments against a value that comes from somewhere else.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/random_models.hpp"
#include "tests/theory/contract.hpp"
#include "tests/theory/high_precision.hpp"
#include "tests/theory/vertex_oracle.hpp"
#include "theory/engine/output_error.hpp"
#include "theory/engine/unit_gradient.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace {

using namespace digon;

constexpr Law law;

struct Line {
  double t;
  double g;
};
/// Crossing at an end, nearly at an end, far inside, nowhere; steep, flat, without slope.
constexpr Line lines[] = {{-1.0, 1.0},        {-0.25, 0.25000001}, {-0.3, 1.5},   {0.4, -0.9},
                          {1.0, -1.0 - 1e-9}, {-1e8, 1e8 + 1},     {1e-9, 2e-9},  {0.5, 0.0},
                          {-0.5, 1e300},      {-1e-12, 1.0},       {2.0, -1e-17}, {3.0, 5.0},
                          {-2.0, 1.9},        {0.0, -0.3},         {-0.2, 1e-300}};

/// E[x^e max(t + a x + Σ g_i x_i, 0)^r], all active, with 150 digits.
double V(double t, double a, std::initializer_list<double> g, int e, int r) {
  const Eigen::VectorXd others = Eigen::VectorXd::Map(g.begin(), Eigen::Index(g.size()));
  return vertex_power_mean(t, a, others, Eigen::VectorXd::Ones(others.size()), e, r).value;
}

void law_rows(std::vector<Contract>& rows) {
  for (const double p : {1e-300, 1e-4, 0.3, 1.0 - 1e-16, 1.0}) {
    const HighReal q = p;
    rows.push_back({"scaled_moment", text({p}), scaled_moment(law, p, 2), double(HighReal(q / 3)), 3e-16, p});
    rows.push_back({"feature_mean", text({p}), feature_mean(law, p), double(HighReal(q / 2)), 3e-16, p});
    const auto variance = double(HighReal(q / 3 - q * q / 4));
    rows.push_back({"feature_variance", text({p}), feature_variance(law, p), variance, 1e-15, variance});
    double third_cumulant = double(HighReal((q / 4 - q * q / 2 + q * q * q / 4) / 6));
    rows.push_back({"mixture_cumulants", text({p}), mixture_cumulants(law, p)[3], third_cumulant, 1e-15, p});
  }
  for (const double u : {-700.0, -1.0, -1.01e-5, -0.99e-5, 1e-12, 0.99e-5, 1.01e-5, 50.0}) {
    const auto exact =
        u < -99.0 ? 1.0 / 700.0 - 1.0 : double(HighReal(exponential_moment(HighComplex(u), 0).real() - 1));
    rows.push_back({"transform_growth", text({u}), transform_growth(law, Eigen::ArrayXd::Constant(1, u))[0],
                    exact, 1e-5, std::abs(exact)});
  }
  for (const auto& [t, g] : lines) {
    if (std::abs(g) > 1e100) continue;  // its square is beyond doubles
    const double size = (std::abs(t) + std::abs(g)) * (std::abs(t) + std::abs(g));
    const HighReal T = t;
    const HighReal G = g;
    rows.push_back({"mean_square_of_line", text({t, g}), mean_square_of_line(law, t, g),
                    double(HighReal(T * T + T * G + G * G / 3)), 1e-15, size});
    const double square = V(t, g, {}, 0, 2);
    rows.push_back(
        {"mean_square_of_relu", text({t, g}), mean_square_of_relu(law, t, g), square, 1e-15, size});
    SquaresOfRelu sum;
    sum_squares_of_relu(law, t, Eigen::Array3d(g, 7.0, g), 1, 1.0, sum);
    rows.push_back({"sum_squares_of_relu", text({t, g}), sum.value, 2.0 * square, 2e-15, size});
    const double own = (1.0 + std::abs(t) + std::abs(g)) * (1.0 + std::abs(t) + std::abs(g));
    const double error = 1.0 / 3.0 - 2.0 * V(t, g, {}, 1, 1) + V(t, g, {}, 0, 2);
    rows.push_back({"active_error", text({t, g}), active_error(law, t, g), error, 2e-15, own});
    const ActiveErrorSlope slope = active_error_slope(law, t, g);
    const OraclePowerMean product = vertex_power_mean(t, g, {}, {}, 1, 1);
    const OraclePowerMean power = vertex_power_mean(t, g, {}, {}, 0, 2);
    rows.push_back(
        {"active_error_slope", text({t, g}), slope.by_t, power.by_t - 2.0 * product.by_t, 4e-15, own});
    rows.push_back(
        {"active_error_slope", text({t, g}), slope.by_a, power.by_a - 2.0 * product.by_a, 4e-15, own});
    for (const int r : {1, 2, 20, 40}) {
      if (size > 1e14) continue;  // its power is beyond doubles
      rows.push_back({"own_power", text({t, g, 1.0, double(r)}), own_power(law, t, g, 1, r),
                      V(t, g, {}, 1, r), 2e-14, std::pow(std::abs(t) + std::abs(g), r)});
    }
  }
}

void engine_rows(std::vector<Contract>& rows) {
  for (const Line& line : lines) {
    const double t = line.t;
    const double g = line.g;
    if (std::abs(g) > 1e100 || (g != 0.0 && std::abs(g) < 1e-30)) continue;  // the oracle is at its end
    for (const double a : {0.9, -0.4, 0.0}) {
      for (const double g2 : {0.3, -g, 1e-7}) {
        const double one = std::pow(1.0 + std::abs(t) + std::abs(a) + std::abs(g), 2);
        const double two = std::pow(1.0 + std::abs(t) + std::abs(a) + std::abs(g) + std::abs(g2), 2);
        const auto active = [&](std::initializer_list<double> others) {
          return 1.0 / 3.0 - 2.0 * V(t, a, others, 1, 1) + V(t, a, others, 0, 2);
        };
        const OutputError over_one = output_error(law, t, a, g);
        rows.push_back({"output_error, one", text({t, a, g}), over_one.active, active({g}), 4e-15, one});
        rows.push_back(
            {"output_error, one", text({t, a, g}), over_one.inactive, V(t, a, {g}, -1, 2), 4e-15, one});
        const OutputError over_two = output_error(law, t, a, g, g2);
        rows.push_back(
            {"output_error, two", text({t, a, g, g2}), over_two.active, active({g, g2}), 4e-15, two});
        rows.push_back({"output_error, two", text({t, a, g, g2}), over_two.inactive, V(t, a, {g, g2}, -1, 2),
                        4e-15, two});
        const double shift = t + 2.0 * (std::abs(t) + std::abs(a) + std::abs(g));  // always on
        const OutputError on = always_on_error(law, moments_of_active(law, g), shift, a);
        rows.push_back({"always_on_error", text({shift, a, g}), on.active,
                        1.0 / 3.0 - 2.0 * V(shift, a, {g}, 1, 1) + V(shift, a, {g}, 0, 2), 4e-15, 9.0 * one});
      }
    }
  }
  // The tolerance is absolute; what is returned as uncertainty bounds the error.
  for (const double density : {1.0, 0.3, 1e-3}) {
    for (const double scale : {1.0, 0.05, 1e-4}) {
      OutputUnit unit{-0.1, 0.8, Eigen::VectorXd(4), Eigen::VectorXd::Constant(4, density)};
      unit.others << 0.7, -0.6, 0.5 * scale, -0.3 * scale * scale;
      const auto moment = [&](int e, int r) {
        return vertex_power_mean(unit.bias, unit.own, unit.others, unit.density, e, r).value;
      };
      const double inactive = moment(-1, 2);
      const double active = 1.0 / 3.0 - 2.0 * moment(1, 1) + moment(0, 2);
      const double exact = (1.0 - density) * inactive + density * active;
      for (const double tolerance : {1e-5, 1e-12}) {
        const UnitGradient found = unit_gradient(unit, {1.0 - density, density}, {tolerance, 1U << 18});
        const double F = (1.0 - density) * found.expected.inactive + density * found.expected.active;
        const std::string at = text({density, scale, tolerance});
        rows.push_back({"unit_gradient", at, F, exact, 1.0, found.uncertainty + 2e-16 * exact});
        rows.push_back({"unit_gradient, uncertainty", at, found.uncertainty, 0.0, 1.0, tolerance});
      }
    }
  }
}

void loss_rows(std::vector<Contract>& rows) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    ToyModel model = random_model(5, 2, 0.8, seed);
    if (seed % 3 == 1) model.W.rightCols(3) *= 1e-5;
    if (seed % 3 == 2) model.b.setZero();
    const FeatureDistribution features =
        seed % 2 == 0 ? uneven_features(5, seed) : uniform_features(5, seed % 4 == 1 ? 1e-3 : 0.5);
    const OracleLoss oracle = vertex_oracle(model, features);
    const std::string at = "seed " + std::to_string(seed);
    const double zero = zero_model_loss(features);
    rows.push_back({"exact_loss", at, exact_loss(model, features).loss, oracle.loss, 1e-10,
                    std::max(oracle.loss, 1e-6 * zero)});
    const Eigen::VectorXd L = decompose(model, features.importance).L_mean();
    const double choose[] = {1.0, 5.0, 10.0, 10.0, 5.0, 1.0};
    for (std::size_t k = 0; k <= 5; ++k) {
      const double mean = oracle.L[k] / choose[k];
      rows.push_back({"decompose", at + ", k = " + std::to_string(k), L[Eigen::Index(k)], mean, 1e-10,
                      std::max(mean, oracle.L[1] / 5.0)});
    }
    rows.push_back({"zero_sparse_loss", at, zero_sparse_loss(model, features.importance), oracle.L[0], 1e-15,
                    oracle.L[0]});
    rows.push_back({"one_sparse_loss", at, one_sparse_loss(model, features.importance).total(), oracle.L[1],
                    1e-14, oracle.L[1]});
    rows.push_back({"one_sparse_loss_gradient", at, one_sparse_loss_gradient(model, features.importance).loss,
                    oracle.L[1], 1e-14, oracle.L[1]});
    // Lifted until no ReLU bites a linear model's outputs are a ReLU's, and its loss is the oracle's.
    ToyModel lifted = model;
    lifted.b.array() += 20.0;
    const OracleLoss linear = vertex_oracle(lifted, features);
    lifted.kind = ModelKind::linear;
    rows.push_back(
        {"exact_loss, linear", at, exact_loss(lifted, features).loss, linear.loss, 1e-13, linear.loss});

    ToyModel hidden = model;
    hidden.kind = ModelKind::relu_hidden;
    const Eigen::MatrixXd slope = model.W.transpose() * model.W.cwiseMax(0.0);
    double one_sparse = 0.0;
    for (Eigen::Index i = 0; i < 5; ++i) {
      for (Eigen::Index j = 0; j < 5; ++j) {
        const double g = slope(j, i);
        one_sparse +=
            features.importance[j] *
            (V(model.b[j], g, {}, 0, 2) + (i == j ? 1.0 / 3.0 - 2.0 * V(model.b[j], g, {}, 1, 1) : 0.0));
      }
    }
    rows.push_back({"hidden_relu_one_sparse_loss", at,
                    hidden_relu_one_sparse_loss(hidden, features.importance).total(), one_sparse, 1e-14,
                    one_sparse});
  }
  const FeatureDistribution features{Eigen::Vector4d(0.9, 0.1, 1e-5, 0.4),
                                     Eigen::Vector4d(1.0, 2.0, 7.0, 0.0)};
  const auto variance = [](double p) { return p / 3.0 - p * p / 4.0; };
  const double left = 7.0 * variance(1e-5);  // all but the two costliest; the last matters nothing
  rows.push_back({"linear_optimum_loss", "two of four", linear_optimum_loss(features, 2), left, 1e-14, left});
  const double zero = 0.3 + 0.2 / 3.0 + 7e-5 / 3.0;
  rows.push_back({"zero_model_loss", "uneven", zero_model_loss(features), zero, 1e-15, zero});
  for (const double p : {1e-4, 0.5, 0.999}) {
    HighReal weight = pow(HighReal(1) - HighReal(p), 400);
    const Eigen::VectorXd weights = binomial_weights(400, p);
    for (int k = 0; k <= 400; ++k) {
      if (weight > 1e-280) {
        rows.push_back(
            {"binomial_weights", text({p, double(k)}), weights[k], double(weight), 1e-11, double(weight)});
      }
      weight *= HighReal(400 - k) / (k + 1) * HighReal(p) / (HighReal(1) - HighReal(p));
    }
  }
}

}  // namespace

TEST_CASE("contracts: every function of law, engine and loss is as close as its header says") {
  std::vector<Contract> rows;
  law_rows(rows);
  engine_rows(rows);
  loss_rows(rows);
  hold(rows);
}
