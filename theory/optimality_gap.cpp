#include "theory/optimality_gap.hpp"

#include <algorithm>

#include "theory/exact_loss.hpp"
#include "theory/linear_model.hpp"

namespace digon {

OptimalityGap optimality_gap(const ToyModel& model, const FeatureDistribution& features,
                             const OptimumOptions& options) {
  OptimalityGap gap;
  gap.loss = exact_loss(model, features).loss;
  if (model.kind == ModelKind::linear) {
    gap.best = gap.local = linear_optimum_loss(features, model.hidden());
    return gap;
  }
  const Objective objective = exact_objective(features);
  gap.local = std::min(gap.loss, descend(objective, model).loss);
  const std::vector<LocalMinimum> minima = find_minima(objective, model.features(), model.hidden(), options);
  gap.best = minima.empty() ? gap.local : std::min(gap.local, minima.front().at.loss);
  return gap;
}

}  // namespace digon
