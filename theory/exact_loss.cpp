#include "theory/exact_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"
#include "theory/contour.hpp"
#include "theory/linear_model.hpp"

namespace digon {
namespace {

/// A loss below this share of the zero model's counts as this share when the tolerance is applied: the loss
/// of a perfect model is 0 and has no relative error.
constexpr double smallest_share = 1e-6;

/// Every output's expected error to an absolute tolerance.
std::vector<UnitError> unit_errors(const ToyModel& model, const FeatureDistribution& features,
                                   const ContourOptions& contour, std::size_t threads) {
  if (model.kind == ModelKind::linear) return linear_errors(model, features);
  const std::vector<OutputUnit> units = output_units(model, features.density);
  std::vector<UnitError> errors(units.size());
  parallel_for(units.size(), threads, [&](std::size_t j) {
    if (features.importance[Eigen::Index(j)] > 0.0) errors[j] = expected_error(units[j], contour);
  });
  return errors;
}

ExactLoss weigh(const std::vector<UnitError>& errors, const FeatureDistribution& features) {
  const Eigen::Index n = features.features();
  ExactLoss result{0.0, 0.0, Eigen::VectorXd(n), Eigen::VectorXd(n), 0};
  for (Eigen::Index j = 0; j < n; ++j) {
    const UnitError& unit = errors[std::size_t(j)];
    const double when_active = features.importance[j] * features.density[j];
    const double when_inactive = features.importance[j] * (1.0 - features.density[j]);
    result.reconstruction[j] = when_active * unit.expected.value.active;
    result.interference[j] = when_inactive * unit.expected.value.inactive;
    result.error +=
        when_active * unit.expected.uncertainty.active + when_inactive * unit.expected.uncertainty.inactive;
    result.nodes += unit.nodes;
  }
  result.loss = result.reconstruction.sum() + result.interference.sum();
  return result;
}

}  // namespace

ExactLoss exact_loss(const ToyModel& model, const FeatureDistribution& features,
                     const ExactLossOptions& options) {
  validate(model, features);
  const double total_importance = features.importance.sum();
  const auto allowed = [&](double loss) {
    return options.relative_tolerance * std::max(loss, smallest_share * zero_model_loss(features));
  };
  // The outputs' tolerance is absolute but the loss is not known yet: a first guess, then what is needed.
  double needed = allowed(0.01 * zero_model_loss(features));
  ExactLoss result;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const double share = total_importance > 0.0 ? 0.5 * needed / total_importance : 1.0;
    result = weigh(unit_errors(model, features, {share, options.max_nodes}, options.threads), features);
    needed = allowed(result.loss);
    if (result.error <= needed) return result;
  }
  if (total_importance == 0.0 || zero_model_loss(features) == 0.0) return result;
  throw ToleranceError(fmt::format("exact loss: relative error {:.1e} achieved, {:.1e} asked for",
                                   result.error / std::max(result.loss, std::numeric_limits<double>::min()),
                                   options.relative_tolerance));
}

double zero_model_loss(const FeatureDistribution& features) {
  return features.importance.dot(features.density) / 3.0;
}

}  // namespace digon
