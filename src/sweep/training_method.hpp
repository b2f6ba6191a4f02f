#pragma once

#include <functional>
#include <vector>

#include "empirical/training/training.hpp"

namespace digon {

/// What is minimised, and how.
enum class TrainingMethod {
  sampled,        ///< the loss of fresh batches
  exact,          ///< the exact population loss, by the same optimisers
  exact_descent,  ///< the exact population loss, by L-BFGS
};

/// Trains the instances by a method. Of an L-BFGS descent `advance` is the only hook that is called; the
/// objective of the others is the method's.
std::vector<TrainingResult> train_by(TrainingMethod method, const std::vector<TrainingInstance>& instances,
                                     const TrainingSettings& settings, TrainingHooks hooks = {});

}  // namespace digon
