#include "theory/singular/learning_coefficient.hpp"

#include <boost/math/special_functions/bessel.hpp>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "core/base/sanitized.hpp"
#include "tests/theory/singular/calibration.hpp"
#include "theory/optima/descent.hpp"
#include "theory/optima/flat_parameters.hpp"
#include "theory/optima/polygon.hpp"
#include "theory/singular/chain_diagnostics.hpp"
#include "theory/singular/model_slice.hpp"
#include "theory/singular/volume_scaling.hpp"

using namespace digon;

namespace {

/// Chains x_k = ρ x_(k−1) + √(1 − ρ²) noise, of standard normal values.
Eigen::MatrixXd autoregressive(Eigen::Index draws, Eigen::Index chains, double rho) {
  Eigen::MatrixXd values(draws, chains);
  for (Eigen::Index c = 0; c < chains; ++c) {
    fill_standard_normal({values.col(c).data(), std::size_t(draws)},
                         {std::uint64_t(c), Purpose::posterior, 1});
    for (Eigen::Index k = 1; k < draws; ++k) {
      values(k, c) = rho * values(k - 1, c) + std::sqrt(1.0 - rho * rho) * values(k, c);
    }
  }
  return values;
}

/// Σ h_i w_i² / 2.
SmoothFunction quadratic(const Eigen::VectorXd& curvature) {
  return [curvature](Eigen::Map<const Eigen::VectorXd> w, Eigen::Map<Eigen::VectorXd> gradient) {
    gradient = curvature.cwiseProduct(w);
    return 0.5 * w.dot(gradient);
  };
}

LearningOptions options_of(std::vector<double> inverse_temperatures, double localisation) {
  LearningOptions options;
  options.inverse_temperatures = std::move(inverse_temperatures);
  options.localisations = {localisation};
  options.sampling.draws = 400;
  return options;
}

/// 2%, or three standard errors.
bool agrees_with_known(double found, double error, double lambda) {
  return std::abs(found - lambda) <= std::max(0.02 * lambda, 3.0 * error);
}

/// The loss with one feature of six active, as chen2023 has it.
Objective one_of_six() {
  const Objective sum = one_sparse_objective(Eigen::VectorXd::Ones(6));
  Objective mean = sum;
  mean.loss = [loss = sum.loss](const ToyModel& model) {
    LossGradient found = loss(model);
    found.loss /= 6.0;
    found.by_W /= 6.0;
    found.by_b /= 6.0;
    return found;
  };
  return mean;
}

/// A k-gon of six features, the others absent with that bias.
ToyModel polygon_of_six(Eigen::Index k, double absent_bias) {
  const PolygonOptimum best = polygon_optimum(k);
  ToyModel model{Eigen::MatrixXd::Zero(2, 6), Eigen::VectorXd::Constant(6, absent_bias)};
  model.W.leftCols(k) = regular_polygon(k, best.norm, best.bias).W;
  model.b.head(k).setConstant(best.bias);
  return descend(one_of_six(), model).model;
}

}  // namespace

TEST_CASE("chains that agree have R-hat 1, and are worth as many draws as their autocorrelation leaves") {
  const Eigen::MatrixXd independent = autoregressive(1000, 4, 0.0);
  CHECK(rank_normalised_r_hat(independent) < 1.005);
  CHECK(effective_sample_size(independent) == Approx(4000.0).epsilon(0.1));
  CHECK(standard_error_of_chains(independent) == Approx(1.0 / std::sqrt(4000.0)).epsilon(0.1));
  // Worth (1 − ρ)/(1 + ρ) each.
  CHECK(effective_sample_size(autoregressive(4000, 4, 0.8)) == Approx(16000.0 / 9.0).epsilon(0.15));
  // Of alternating ones more than one.
  CHECK(effective_sample_size(autoregressive(1000, 4, -0.5)) == Approx(12000.0).epsilon(0.2));
  Eigen::MatrixXd apart = independent;
  apart.col(3).array() += 1.0;
  CHECK(rank_normalised_r_hat(apart) > 1.05);
  Eigen::MatrixXd wide = independent;
  wide.col(3) *= 3.0;
  CHECK(rank_normalised_r_hat(wide) > 1.05);  // by the folded ranks
  CHECK(rank_normalised_r_hat(Eigen::MatrixXd::Ones(10, 2)) == 1.0);
  CHECK(effective_sample_size(Eigen::MatrixXd::Ones(10, 2)) == 0.0);
}

TEST_CASE("draws of a Gaussian posterior have its moments, by HMC and by MALA, whatever the threads") {
  const Eigen::VectorXd h = Eigen::Vector3d(0.0, 1.0, 50.0);
  const LocalPosterior posterior{quadratic(h), Eigen::VectorXd::Zero(3), 100.0, 4.0};
  const Curvature curvature = curvature_at(posterior.loss, posterior.at);
  double excess = 0.0;
  double distance = 0.0;
  for (Eigen::Index i = 0; i < 3; ++i) {
    excess += 0.5 * 100.0 * h[i] / (100.0 * h[i] + 4.0);
    distance += 1.0 / (100.0 * h[i] + 4.0);
  }
  for (const double trajectory : {1.6, 0.0}) {
    CAPTURE(trajectory);
    SamplingOptions options;
    options.trajectory = trajectory;
    options.draws = 2000;
    const PosteriorDraws draws = draw_posterior(posterior, curvature, options);
    CHECK(std::abs(draws.excess.mean() - excess) < 4.0 * standard_error_of_chains(draws.excess));
    CHECK(std::abs(draws.distance.mean() - distance) < 4.0 * standard_error_of_chains(draws.distance));
    CHECK(standard_error_of_chains(draws.excess) < 0.05);  // else anything would do
    CHECK(rank_normalised_r_hat(draws.distance) < 1.02);
    // Of a quadratic the control variates leave nothing.
    const LearningPoint point = learning_point(posterior, draws);
    CHECK(point.lambda == Approx(excess).epsilon(1e-6));
  }
  SamplingOptions options;
  options.draws = 50;
  options.threads = 1;
  const PosteriorDraws one = draw_posterior(posterior, curvature, options);
  options.threads = 2;
  CHECK(draw_posterior(posterior, curvature, options).excess == one.excess);
  options.seed = 1;
  CHECK(draw_posterior(posterior, curvature, options).excess != one.excess);
}

TEST_CASE("the sampler comes to the known value at every temperature where the loss is singular") {
  // L = w₁² w₂²: Z = √(π/nβ) e^y K₀(y), y = γ²/(8 nβ), whose −∂ log Z/∂ log nβ is λ̂.
  const KnownCoefficient known = known_coefficient("crossing-2-2");
  const Curvature curvature = curvature_at(known.loss, known.at);
  for (const double t : {10.0, 1000.0}) {
    const double y = 1.0 / (8.0 * t);
    const double exact = 0.5 + y * (1.0 - boost::math::cyl_bessel_k(1, y) / boost::math::cyl_bessel_k(0, y));
    SamplingOptions options;
    options.draws = 1500;
    const LocalPosterior posterior{known.loss, known.at, t, 1.0};
    const LearningPoint point = learning_point(posterior, draw_posterior(posterior, curvature, options));
    CAPTURE(t, exact, point.lambda, point.standard_error, point.plain, point.plain_error);
    CHECK(std::abs(point.lambda - exact) < 4.0 * point.standard_error);
    CHECK(std::abs(point.plain - exact) < 4.0 * point.plain_error);
    CHECK(std::abs(point.lambda - 0.5) > 6.0 * point.standard_error);  // the limit is far
    CHECK(point.standard_error < point.plain_error);
  }
}

TEST_CASE("extrapolation comes to the limit along each way, and does not take the last point for it") {
  const auto along = [](auto way) {
    std::vector<AtFinite> points;
    for (const double t : {1e3, 1e4, 1e5, 1e6}) points.push_back({t, way(t), 1e-3});
    return extrapolate(points);
  };
  const auto within = [](const Extrapolation& found, double limit) {
    return std::abs(found.value - limit) < 2.0 * found.error;
  };
  const Extrapolation log = along([](double t) { return 0.5 - 1.0 / (std::log(t) + 2.0); });
  CHECK(within(log, 0.5));
  CHECK(log.error < 0.05);
  CHECK(std::abs(log.value - 0.4368) > 0.02);  // the last point
  CHECK(log.weight_of(Approach::logarithm) > 0.5);
  CHECK(within(along([](double t) { return 2.0 - 300.0 / t; }), 2.0));
  CHECK(within(along([](double t) { return 2.0 - 10.0 / std::sqrt(t); }), 2.0));
  const Extrapolation flat = along([](double) { return 2.0; });
  CHECK(within(flat, 2.0));
  CHECK(flat.error < 0.02);
  CHECK(flat.weight_of(Approach::none) > 0.2);
  CHECK(extrapolate({{1e4, 3.0, 0.1}}).value == Approx(3.0));
  CHECK_THROWS_AS(extrapolate({}), InputError);
  CHECK_THROWS_AS(extrapolate({{2.0, 1.0, 0.1}, {1.0, 1.0, 0.1}}), InputError);
}

TEST_CASE("learning coefficients are those known, and not half the number of parameters") {
  struct Row {
    const char* name;
    double localisation;
  };
  for (const Row& row :
       {Row{"powers-2-4", 1.0}, Row{"powers-4-6", 1.0}, Row{"powers-2-2-4-8", 1.0}, Row{"crossing-2-4", 1.0},
        Row{"reduced-rank-2-2-1-1", 20.0}, Row{"reduced-rank-2-2-2-0", 20.0}}) {
    const KnownCoefficient known = known_coefficient(row.name);
    if (is_sanitized && known.at.size() > 2) continue;
    const LearningCoefficient found =
        learning_coefficient(known.loss, known.at, options_of({1e3, 1e4, 1e5}, row.localisation));
    CAPTURE(row.name, known.lambda, found.lambda, found.error);
    CHECK(agrees_with_known(found.lambda, found.error, known.lambda));
    CHECK(found.error < 0.15 * known.lambda);
    CHECK_FALSE(agrees_with_known(found.lambda, found.error, 0.5 * double(known.at.size())));
    CHECK(found.hessian.bound() <= known.lambda + 1e-12);
  }
}

TEST_CASE("k-gons have the learning coefficients of the literature") {
  // chen2023: (3k − 1)/2 of k = 5 and 6, 17/2 of 5⁺. Where all that is flat is straight or a rotation, λ is
  // half the rank of the Hessian.
  struct Known {
    Eigen::Index k;
    double absent_bias;
    double loss;
    double lambda;
  };
  for (const Known& known :
       {Known{5, -1.0, 0.068744, 7.0}, Known{5, 1.0 / 12.0, 0.061799, 8.5}, Known{6, -1.0, 0.048192, 8.5}}) {
    if (is_sanitized && known.k == 6) continue;
    const ToyModel model = polygon_of_six(known.k, known.absent_bias);
    CHECK(one_of_six()(model).loss == Approx(known.loss).margin(1e-6));
    const ModelSlice slice = slice_off_rotations(one_of_six(), model);
    CHECK(slice.basis.cols() == 17);
    const LearningCoefficient found = learning_coefficient(
        slice.loss, Eigen::VectorXd::Zero(slice.basis.cols()), options_of({1e4, 1e5, 1e6, 1e7}, 100.0));
    CAPTURE(known.k, known.absent_bias, found.lambda, found.error);
    CHECK(found.is_trustworthy());
    CHECK(agrees_with_known(found.lambda, found.error, known.lambda));
    CHECK(found.hessian.bound() == known.lambda);
    CHECK(found.hessian.least > -1e-6);
    CHECK_FALSE(agrees_with_known(found.lambda, found.error, known.lambda == 7.0 ? 8.5 : 7.0));
    CHECK_FALSE(agrees_with_known(found.lambda, found.error, 9.0));  // of 18 parameters
  }
}

TEST_CASE("a rotation's orbit changes lambda-hat at finite temperatures alone") {
  // L = (‖w‖² − 1)², w = (r cos φ, r sin φ): φ integrates to e^(−γ(r² + 1)/2) I₀(γr).
  const double t = 200.0;
  const double gamma = 4.0;
  double mass = 0.0;
  double energy = 0.0;
  double mass_on_slice = 0.0;
  double energy_on_slice = 0.0;
  for (double r = 5e-5; r < 3.0; r += 1e-4) {
    const double L = std::pow(r * r - 1.0, 2);
    const double weight =
        r * std::exp(-t * L - 0.5 * gamma * (r * r + 1.0)) * boost::math::cyl_bessel_i(0, gamma * r);
    mass += weight;
    energy += weight * t * L;
    const double straight = std::exp(-t * L - 0.5 * gamma * std::pow(r - 1.0, 2));
    mass_on_slice += straight;
    energy_on_slice += straight * t * L;
  }
  const Objective circle{
      [](const ToyModel& model) {
        const double over = model.W.squaredNorm() - 1.0;
        return LossGradient{over * over, 0.0, 4.0 * over * model.W, Eigen::VectorXd::Zero(1)};
      },
      Eigen::VectorXd::Ones(1)};
  const ToyModel model{Eigen::Vector2d(1.0, 0.0), Eigen::VectorXd::Zero(1)};
  const auto lambda_of = [&](const SmoothFunction& loss, const Eigen::VectorXd& at) {
    SamplingOptions options;
    options.draws = 2000;
    const LocalPosterior posterior{loss, at, t, gamma};
    return learning_point(posterior, draw_posterior(posterior, curvature_at(loss, at), options));
  };
  const LearningPoint turned = lambda_of(function_of_parameters(circle, model), flatten(model));
  const ModelSlice slice = slice_off_rotations(circle, model);
  REQUIRE(slice.basis.cols() == 2);  // off the rotation, and b
  const LearningPoint straight = lambda_of(slice.loss, Eigen::VectorXd::Zero(2));
  CHECK(std::abs(turned.lambda - energy / mass) < 4.0 * turned.standard_error);
  CHECK(std::abs(straight.lambda - energy_on_slice / mass_on_slice) < 4.0 * straight.standard_error);
  CHECK(std::abs(turned.plain - energy / mass) < 4.0 * turned.plain_error);
  CHECK(turned.standard_error < 0.015);
  CHECK(straight.standard_error < 0.015);
}

TEST_CASE("volumes scale as the learning coefficient says") {
  for (const char* name : {"powers-2-4", "reduced-rank-2-2-1-1"}) {
    const KnownCoefficient known = known_coefficient(name);
    if (is_sanitized && known.at.size() > 2) continue;
    VolumeOptions options;
    options.localisation = 4.0;
    options.population = 300;
    options.moves_per_parameter = 4;
    Eigen::VectorXd unused(known.at.size());
    const Excess excess = [&, gradient = unused](const Eigen::VectorXd& w) mutable {
      return known.loss({w.data(), w.size()}, {gradient.data(), gradient.size()});
    };
    const VolumeScaling found = volume_scaling(excess, known.at, options);
    CAPTURE(name, found.lambda.value, found.lambda.error);
    CHECK(agrees_with_known(found.lambda.value, found.lambda.error, known.lambda));
    CHECK(found.lambda.error < 0.1 * known.lambda);
    CHECK_FALSE(agrees_with_known(found.lambda.value, found.lambda.error, 0.5 * double(known.at.size())));
    options.threads = 1;
    CHECK(volume_scaling(excess, known.at, options).lambda.value == found.lambda.value);
  }
}

TEST_CASE("what cannot be sampled is refused") {
  const Eigen::VectorXd at = Eigen::VectorXd::Zero(2);
  const SmoothFunction loss = quadratic(Eigen::Vector2d(1.0, 1.0));
  CHECK_THROWS_WITH(learning_coefficient(loss, at, options_of({}, 1.0)), Catch::Contains("nbeta"));
  CHECK_THROWS_WITH(learning_coefficient(loss, at, options_of({0.0}, 1.0)), Catch::Contains("nbeta"));
  CHECK_THROWS_WITH(learning_coefficient(loss, at, options_of({1e4, 1e3}, 1.0)),
                    Catch::Contains("ascending"));
  CHECK_THROWS_WITH(learning_coefficient(loss, at, options_of({1.0}, 0.0)), Catch::Contains("gamma"));
  LearningOptions none = options_of({1.0}, 1.0);
  none.sampling.chains = 0;
  CHECK_THROWS_WITH(learning_coefficient(loss, at, none), Catch::Contains("chains"));
  const Excess maximum = [](const Eigen::VectorXd& w) { return -w.squaredNorm(); };
  CHECK(volume_scaling(maximum, at).below > 0.001);
  CHECK(volume_scaling(maximum, at).slopes.empty());
  CHECK_THROWS_WITH(volume_scaling(maximum, Eigen::VectorXd::Zero(41)), Catch::Contains("parameters"));
}

TEST_CASE("a point that is no minimum is told by draws below it") {
  const SmoothFunction saddle = [](Eigen::Map<const Eigen::VectorXd> w,
                                   Eigen::Map<Eigen::VectorXd> gradient) {
    gradient = Eigen::Vector2d(2.0 * w[0], -2.0 * w[1]);
    return w[0] * w[0] - w[1] * w[1];
  };
  const LearningCoefficient found =
      learning_coefficient(saddle, Eigen::VectorXd::Zero(2), options_of({10.0, 20.0, 30.0}, 100.0));
  CHECK(found.hessian.least == Approx(-2.0).epsilon(1e-6));
  CHECK(found.points.back().below > 0.1);
  CHECK_FALSE(found.is_trustworthy());
}
