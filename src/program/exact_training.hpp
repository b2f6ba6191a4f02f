#pragma once

#include <functional>
#include <vector>

#include "empirical/training.hpp"

namespace digon {

/// Trains on the exact population gradient, without sampling: the same starts, optimisers and schedules as
/// train(), in double precision; settings.batch is not used. An instance whose loss cannot be evaluated any
/// more has diverged.
std::vector<TrainingResult> train_exactly(const std::vector<TrainingInstance>& instances,
                                          const TrainingSettings& settings,
                                          const std::function<void(std::size_t)>& advance);

/// The local minimum of the exact loss next to each start, by L-BFGS.
std::vector<TrainingResult> descend_exactly(const std::vector<TrainingInstance>& instances,
                                            const TrainingSettings& settings,
                                            const std::function<void(std::size_t)>& advance);

}  // namespace digon
