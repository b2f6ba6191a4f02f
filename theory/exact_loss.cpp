#include "theory/exact_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"
#include "theory/unit_gradient.hpp"

namespace digon {
namespace {

/// A loss below this share of the zero model's counts as this share when the tolerance is applied: the loss
/// of a perfect model is 0 and has no relative error.
constexpr double smallest_share = 1e-6;

/// Every output's error and derivatives, to an absolute tolerance.
std::vector<UnitGradient> unit_gradients(const ToyModel& model, const FeatureDistribution& features,
                                         const ContourOptions& contour, std::size_t threads) {
  const std::vector<OutputUnit> units = output_units(model, features.density);
  std::vector<UnitGradient> gradients(units.size());
  parallel_for(units.size(), threads, [&](std::size_t j) {
    const double p = features.density[Eigen::Index(j)];
    const ErrorWeights weights{1.0 - p, p};
    gradients[j] = model.kind == ModelKind::linear ? linear_unit_gradient(units[j], weights)
                                                   : unit_gradient(units[j], weights, contour);
  });
  return gradients;
}

ExactLoss assemble_loss(const FeatureDistribution& features, const std::vector<UnitGradient>& units) {
  const Eigen::Index n = features.features();
  ExactLoss result{0.0, 0.0, Eigen::VectorXd(n), Eigen::VectorXd(n), 0};
  for (Eigen::Index j = 0; j < n; ++j) {
    const UnitGradient& unit = units[std::size_t(j)];
    const double importance = features.importance[j];
    result.reconstruction[j] = importance * features.density[j] * unit.expected.active;
    result.interference[j] = importance * (1.0 - features.density[j]) * unit.expected.inactive;
    result.error += importance * unit.uncertainty;
    result.nodes += unit.nodes;
  }
  result.loss = result.reconstruction.sum() + result.interference.sum();
  return result;
}

LossGradient assemble_gradient(const ToyModel& model, const FeatureDistribution& features,
                               const std::vector<UnitGradient>& units) {
  const Eigen::Index n = features.features();
  const ExactLoss loss = assemble_loss(features, units);
  Eigen::VectorXd by_b(n);
  Eigen::MatrixXd by_G(n, n);  // Γ
  for (Eigen::Index j = 0; j < n; ++j) {
    const UnitGradient& unit = units[std::size_t(j)];
    const double importance = features.importance[j];
    by_b[j] = importance * unit.by_bias;
    by_G(j, j) = importance * unit.by_own;
    by_G.row(j).head(j) = importance * unit.by_others.head(j).transpose();
    by_G.row(j).tail(n - 1 - j) = importance * unit.by_others.tail(n - 1 - j).transpose();
  }
  return {loss.loss, loss.error, model.W * (by_G + by_G.transpose()), by_b, loss.nodes};
}

/// Calls evaluate(ContourOptions), which returns something with a loss and its error, until the error is
/// within the tolerance. The outputs' tolerance is absolute but the loss is not known yet: a first guess,
/// then what is needed.
template <typename Evaluate>
auto to_relative_tolerance(const FeatureDistribution& features, const ExactLossOptions& options,
                           Evaluate evaluate) {
  const double total_importance = features.importance.sum();
  const double zero_loss = zero_model_loss(features);
  const auto allowed = [&](double loss) {
    return options.relative_tolerance * std::max(loss, smallest_share * zero_loss);
  };
  double needed = allowed(0.2 * zero_loss);
  for (int attempt = 0;; ++attempt) {
    const double share = total_importance > 0.0 ? 0.5 * needed / total_importance : 1.0;
    auto result = evaluate(ContourOptions{share, options.max_nodes});
    needed = allowed(result.loss);
    if (result.error <= needed || zero_loss == 0.0) return result;
    if (attempt == 1) {
      throw ToleranceError(
          fmt::format("exact loss: relative error {:.1e} achieved, {:.1e} asked for",
                      result.error / std::max(result.loss, std::numeric_limits<double>::min()),
                      options.relative_tolerance));
    }
  }
}

}  // namespace

ExactLoss exact_loss(const ToyModel& model, const FeatureDistribution& features,
                     const ExactLossOptions& options) {
  validate(model, features);
  return to_relative_tolerance(features, options, [&](const ContourOptions& contour) {
    return assemble_loss(features, unit_gradients(model, features, contour, options.threads));
  });
}

LossGradient exact_loss_gradient(const ToyModel& model, const FeatureDistribution& features,
                                 const ExactLossOptions& options) {
  validate(model, features);
  return to_relative_tolerance(features, options, [&](const ContourOptions& contour) {
    return assemble_gradient(model, features, unit_gradients(model, features, contour, options.threads));
  });
}

double zero_model_loss(const FeatureDistribution& features) {
  return features.importance.dot(features.density) / 3.0;
}

}  // namespace digon
