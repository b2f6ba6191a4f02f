#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "theory/optima/optimum_search.hpp"
#include "theory/optima/penalty.hpp"

namespace digon {

/// How far given weights are from what is possible.
struct OptimalityGap {
  double loss = 0.0;  ///< exact loss of the weights
  double error =
      0.0;  ///< half of its 95% interval where it is estimated; that of `local` and `best` is alike
  double local = 0.0;  ///< of the local minimum a descent from them reaches
  double best =
      0.0;  ///< the lowest known: of the search for the optimum and of the descents from all given weights
  /// Which local minimum the weights belong to, of those found, 0 the best; none if the search was
  /// interrupted.
  std::optional<std::size_t> minimum;
  /// How well `best` is known; nothing where it is known in closed form.
  std::optional<Confirmation> confirmation;
  std::size_t dead = 0;  ///< outputs that no input turns on

  [[nodiscard]] double absolute() const { return loss - best; }
  [[nodiscard]] double relative() const { return best > 0.0 ? loss / best - 1.0 : 0.0; }
};

/// The gaps of models of one kind and shape on the same features, found by one search. The linear model's
/// optimum is known in closed form, to 1e-12; of the others it is the record's, or searched for
/// with `options`. Models with a ReLU in the hidden layer are searched for on fixed samples, and their losses
/// stated by others (hidden_relu_loss). A penalty is added to every loss. Throws as exact_loss and
/// linear_optimum_loss do.
std::vector<OptimalityGap> optimality_gaps(const std::vector<ToyModel>& models,
                                           const FeatureDistribution& features,
                                           const OptimumSearchOptions& options, const Penalty& penalty = {});

}  // namespace digon
