#pragma once

#include "theory/optimum.hpp"

namespace digon {

/// How far given weights are from what is possible.
struct OptimalityGap {
  double loss = 0.0;   ///< exact loss of the weights
  double local = 0.0;  ///< of the local minimum a descent from them reaches
  double best = 0.0;   ///< the lowest known: of the descents from random starts, or `local`

  [[nodiscard]] double absolute() const { return loss - best; }
  [[nodiscard]] double relative() const { return best > 0.0 ? loss / best - 1.0 : 0.0; }
};

/// The linear model's optimum is known in closed form; for the ReLU output model it is searched for with
/// `options`. Throws as exact_loss and linear_optimum_loss do.
OptimalityGap optimality_gap(const ToyModel& model, const FeatureDistribution& features,
                             const OptimumOptions& options);

}  // namespace digon
