#include "theory/singular/learning_coefficient.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/algebra/dense_solvers.hpp"
#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "theory/singular/chain_diagnostics.hpp"

namespace digon {
namespace {

/// What is left of values [draws × chains] once the controls' share is taken out; of few draws, or controls
/// that depend on each other, the values themselves.
Eigen::MatrixXd without_controls(const Eigen::MatrixXd& values, const Eigen::MatrixXd& controls) {
  constexpr Eigen::Index draws_per_control = 10;
  if (controls.rows() < draws_per_control * controls.cols()) return values;
  const Eigen::RowVectorXd means = controls.colwise().mean();
  const Eigen::MatrixXd centred = controls.rowwise() - means;
  Eigen::MatrixXd square = transposed_product(centred, centred);
  square.diagonal().array() += 1e-12 * square.trace();
  const Eigen::VectorXd centred_values = values.reshaped().array() - values.mean();
  Eigen::VectorXd share = centred.transpose() * centred_values;
  if (!solve_positive(square, share)) return values;
  const Eigen::VectorXd left = values.reshaped() - controls * share;
  return left.reshaped(values.rows(), values.cols());
}

}  // namespace

HessianRank hessian_rank(const Curvature& curvature) {
  constexpr double flat = 1e-6;
  constexpr double fourth_power = 1e-8;
  const Eigen::VectorXd& values = curvature.eigenvalues;
  const double threshold = std::max(flat * values.cwiseAbs().maxCoeff(), fourth_power);
  HessianRank found;
  found.least = values.minCoeff();
  for (const double value : values) {
    if (std::abs(value) > threshold) {
      found.least_curved = found.rank == 0 ? std::abs(value) : std::min(found.least_curved, std::abs(value));
      ++found.rank;
    } else {
      found.greatest_flat = std::max(found.greatest_flat, std::abs(value));
    }
  }
  return found;
}

LearningPoint learning_point(const LocalPosterior& posterior, const PosteriorDraws& draws) {
  constexpr double clearly_below = -0.01;
  LearningPoint point;
  point.inverse_temperature = posterior.inverse_temperature;
  point.localisation = posterior.localisation;
  point.plain = draws.excess.mean();
  point.plain_error = standard_error_of_chains(draws.excess);
  const Eigen::MatrixXd left = without_controls(draws.excess, draws.controls);
  point.lambda = left.mean();
  point.standard_error = standard_error_of_chains(left);
  point.r_hat = std::max(rank_normalised_r_hat(draws.excess), rank_normalised_r_hat(draws.distance));
  point.effective = effective_sample_size(draws.excess);
  point.acceptance = draws.acceptance;
  point.diverged = double(draws.diverged) / double(draws.excess.size());
  point.below = double((draws.excess.array() < clearly_below).count()) / double(draws.excess.size());
  point.distance = std::sqrt(draws.distance.mean());
  point.evaluations = draws.evaluations;
  return point;
}

LearningCoefficient learning_coefficient(const SmoothFunction& loss, const Eigen::VectorXd& at,
                                         const LearningOptions& options) {
  if (options.inverse_temperatures.empty()) reject("nbeta: none given; at least 1 is needed");
  if (options.localisations.empty()) reject("gamma: none given; at least 1 is needed");
  if (!std::is_sorted(options.inverse_temperatures.begin(), options.inverse_temperatures.end(),
                      std::less_equal<>())) {
    reject("nbeta: numbers given that do not ascend; accepted: ascending, above 0");
  }
  const Curvature curvature = curvature_at(loss, at);
  LearningCoefficient found;
  found.hessian = hessian_rank(curvature);
  double weights = 0.0;
  double errors = 0.0;
  for (const double localisation : options.localisations) {
    std::vector<AtFinite> finite;
    std::vector<AtFinite> trusted;
    for (const double inverse_temperature : options.inverse_temperatures) {
      const LocalPosterior posterior{loss, at, inverse_temperature, localisation};
      SamplingOptions sampling = options.sampling;
      sampling.seed = derive_seed(options.sampling.seed, found.points.size());
      const LearningPoint point = learning_point(posterior, draw_posterior(posterior, curvature, sampling));
      finite.push_back({inverse_temperature, point.lambda, point.standard_error});
      if (point.is_trustworthy()) trusted.push_back(finite.back());
      found.points.push_back(point);
    }
    const Extrapolation limit = extrapolate(trusted.empty() ? finite : trusted);
    const double weight = 1.0 / std::max(limit.error * limit.error, 1e-24);
    found.lambda += weight * limit.value;
    errors += weight * limit.error;
    weights += weight;
    found.of_localisation.push_back(limit);
  }
  found.lambda /= weights;
  double scatter = 0.0;
  for (const Extrapolation& limit : found.of_localisation) {
    scatter += std::pow((limit.value - found.lambda) / std::max(limit.error, 1e-12), 2);
  }
  const auto others = double(found.of_localisation.size() - 1);
  // Errors of the ways there are shared, and do not average out.
  found.error = errors / weights * std::sqrt(others > 0.0 ? std::max(1.0, scatter / others) : 1.0);
  return found;
}

bool LearningCoefficient::is_trustworthy() const {
  constexpr std::size_t needed = 3;
  const std::size_t of_each = points.size() / of_localisation.size();
  for (std::size_t first = 0; first < points.size(); first += of_each) {
    std::size_t trusted = 0;
    for (std::size_t k = first; k < first + of_each; ++k) trusted += std::size_t(points[k].is_trustworthy());
    if (trusted < needed) return false;
  }
  return true;
}

std::vector<double> usual_temperatures(double unit) {
  return {1e4 / unit, 1e5 / unit, 1e6 / unit, 1e7 / unit};
}

}  // namespace digon
