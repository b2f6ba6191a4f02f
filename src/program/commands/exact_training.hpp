#pragma once

#include <functional>
#include <vector>

#include "empirical/training/training.hpp"

namespace digon {

/// The exact population loss of an instance as an objective of training, without sampling.
ParameterObjective exact_parameter_objective(const TrainingInstance& instance);

/// The local minimum of the exact loss next to each start, by L-BFGS.
std::vector<TrainingResult> descend_exactly(const std::vector<TrainingInstance>& instances,
                                            const TrainingSettings& settings,
                                            const std::function<void(std::size_t)>& advance);

}  // namespace digon
