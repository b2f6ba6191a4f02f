#include "theory/optima/optimality_gap.hpp"

#include <algorithm>

#include "theory/loss/exact_loss.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {

std::vector<OptimalityGap> optimality_gaps(const std::vector<ToyModel>& models,
                                           const FeatureDistribution& features,
                                           const OptimumOptions& options) {
  if (models.empty()) return {};
  std::vector<OptimalityGap> gaps(models.size());
  for (std::size_t k = 0; k < models.size(); ++k) {
    gaps[k].loss = gaps[k].local = exact_loss(models[k], features).loss;
  }
  if (models.front().kind == ModelKind::linear) {
    for (OptimalityGap& gap : gaps) {
      gap.best = gap.local = linear_optimum_loss(features, models.front().hidden());
      gap.minimum = 0;  // the linear model has no other
    }
    return gaps;
  }
  const std::vector<LocalMinimum> minima = find_minima(exact_objective(features), models.front().features(),
                                                       models.front().hidden(), options, models);
  double best = gaps.front().loss;
  for (std::size_t rank = 0; rank < minima.size(); ++rank) {
    best = std::min(best, minima[rank].at.loss);
    for (const std::size_t start : minima[rank].starts) {
      if (start >= models.size()) continue;
      gaps[start].local = std::min(gaps[start].loss, minima[rank].at.loss);
      gaps[start].minimum = rank;
    }
  }
  for (const OptimalityGap& gap : gaps) best = std::min(best, gap.local);
  for (OptimalityGap& gap : gaps) gap.best = best;
  return gaps;
}

}  // namespace digon
