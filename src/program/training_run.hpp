#pragma once

#include <string>
#include <vector>

#include "core/run.hpp"
#include "empirical/training.hpp"

namespace digon {

/// Trains the instances with a progress line and makes the Run of them; `results` gets what training said of
/// each.
Run train_run(const std::string& command, const nlohmann::json& description,
              const std::vector<TrainingInstance>& instances, const TrainingSettings& settings,
              std::vector<TrainingResult>& results);

/// The settings that determine the trained weights.
nlohmann::json to_json(const TrainingSettings& settings);

}  // namespace digon
