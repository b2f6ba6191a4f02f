#pragma once

#include <string>
#include <vector>

#include "core/files/run.hpp"
#include "sweep/training_method.hpp"

namespace digon {

/// Trains the instances with a progress line (which takes the hook `advance`; the others are for sampled
/// training) and makes the Run of them; `results` gets what training said of each.
Run train_run(const std::string& command, const nlohmann::json& description,
              const std::vector<TrainingInstance>& instances, const TrainingSettings& settings,
              std::vector<TrainingResult>& results, TrainingMethod method = TrainingMethod::sampled,
              TrainingHooks hooks = {});

}  // namespace digon
