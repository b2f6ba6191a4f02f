#include "theory/loss/decomposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/engine/contour.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace digon {
namespace {

std::vector<UnitErrorByCount> unit_errors_by_count(const ToyModel& model, Law law, double tolerance,
                                                   const DecompositionOptions& options) {
  ContourOptions contour{.tolerance = tolerance, .max_nodes = options.max_nodes};
  if (options.up_to >= 0) contour.most_active = std::size_t(options.up_to);
  const std::vector<OutputUnit> units = output_units(model, Eigen::VectorXd::Ones(model.features()), law);
  std::vector<UnitErrorByCount> errors(units.size());
  parallel_for(units.size(), options.threads, [&](std::size_t j) {
    throw_if_interrupted();
    errors[j] = model.kind == ModelKind::linear ? linear_error_by_count(units[j])
                                                : expected_error_by_count(units[j], contour);
    options.advance();
  });
  return errors;
}

/// L̄_k = Σ_j I_j [ (n−k)/n E_k[inactive_j] + k/n E_{k−1}[active_j] ]: of k active features, output j's own is
/// one with probability k/n, and then k − 1 others are active.
Decomposition average(const std::vector<UnitErrorByCount>& errors, const Eigen::VectorXd& importance,
                      Eigen::Index up_to) {
  const Eigen::Index n = importance.size();
  const Eigen::Index most = up_to < 0 ? n : std::min(n, up_to);
  Decomposition result;
  result.features = n;
  result.reconstruction = result.interference = result.error = Eigen::VectorXd::Zero(most + 1);
  for (Eigen::Index j = 0; j < n; ++j) {
    const UnitErrorByCount& unit = errors[std::size_t(j)];
    result.nodes += unit.nodes;
    for (Eigen::Index k = 0; k <= most; ++k) {
      const double active = importance[j] * double(k) / double(n);
      const double inactive = importance[j] * double(n - k) / double(n);
      if (k < n) {
        const ExpectedError& others = unit.expected[std::size_t(k)];
        result.interference[k] += inactive * others.value.inactive;
        result.error[k] += inactive * others.uncertainty.inactive;
      }
      if (k > 0) {
        const ExpectedError& others = unit.expected[std::size_t(k - 1)];
        result.reconstruction[k] += active * others.value.active;
        result.error[k] += active * others.uncertainty.active;
      }
    }
  }
  return result;
}

}  // namespace

Eigen::VectorXd Decomposition::L() const {
  const auto n = double(features);
  Eigen::VectorXd sums = L_mean();
  double choose = 1.0;
  for (Eigen::Index k = 0; k < sums.size(); ++k) {
    sums[k] = sums[k] == 0.0 ? 0.0 : sums[k] * choose;
    choose *= (n - double(k)) / double(k + 1);
  }
  return sums;
}

Decomposition decompose(const ToyModel& model, const Eigen::VectorXd& importance,
                        const DecompositionOptions& options, const ActiveValue& values) {
  validate(model, {Eigen::VectorXd::Ones(importance.size()), importance, values});
  if (const double unit = unit_of(values); unit != 1.0) {
    const ToyModel scaled{model.W, model.b / unit, model.kind, model.W_out};
    Decomposition result = decompose(scaled, importance, options, in_units(values, unit));
    result.reconstruction *= unit * unit;
    result.interference *= unit * unit;
    result.error *= unit * unit;
    return result;
  }
  const Law law = law_of(values);
  const double n = double(model.features());
  const double total_importance = importance.sum();
  if (total_importance == 0.0)
    return average(unit_errors_by_count(model, law, 1.0, options), importance, options.up_to);

  const double smallest = std::max(one_sparse_loss(model, importance, law).total(),
                                   scaled_moment(law, 1e-6 * total_importance, 2)) /
                          n;
  const double tolerance = 0.5 * options.relative_tolerance * smallest / total_importance;
  Decomposition result =
      average(unit_errors_by_count(model, law, tolerance, options), importance, options.up_to);
  const Eigen::VectorXd allowed = options.relative_tolerance * result.L_mean().cwiseMax(smallest);
  result.relative_error = (result.error.array() / allowed.array()).maxCoeff() * options.relative_tolerance;
  if (options.refuse && result.relative_error > options.relative_tolerance) {
    throw ToleranceError(fmt::format("decomposition: relative error {:.1e} achieved, {:.1e} asked for",
                                     result.relative_error, options.relative_tolerance));
  }
  return result;
}

Eigen::VectorXd binomial_weights(Eigen::Index n, double density) {
  const boost::math::binomial_distribution<double> count(double(n), density);
  return Eigen::VectorXd::NullaryExpr(n + 1, [&](Eigen::Index k) { return pdf(count, double(k)); });
}

std::optional<Eigen::VectorXd> count_weights(const FeatureDistribution& features) {
  const Eigen::Index n = features.features();
  if (features.active) return Eigen::VectorXd(Eigen::VectorXd::Unit(n + 1, *features.active));
  if (!features.has_uniform_density() || !features.are_independent()) return std::nullopt;
  return binomial_weights(n, features.density[0]);
}

bool has_decomposition(ModelKind kind, const FeatureDistribution& features) {
  return (features.are_independent() || features.active) && has_exact_loss(kind, features);
}

Eigen::Index usual_most_active(const FeatureDistribution& features) {
  constexpr Eigen::Index few = 60;
  constexpr double rest = 1e-12;
  const Eigen::Index n = features.features();
  const std::optional<Eigen::VectorXd> weights = count_weights(features);
  if (n <= few || !weights) return n;
  Eigen::Index most = n;
  for (double left_out = 0.0; most > 0; --most) {
    left_out += (*weights)[most];
    if (left_out > rest) break;
  }
  return most;
}

}  // namespace digon
