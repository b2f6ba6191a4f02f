#pragma once

#include <string>
#include <vector>

#include "core/files/run.hpp"
#include "empirical/training/training.hpp"

namespace digon {

/// What is minimised, and how.
enum class TrainingMethod {
  sampled,        ///< the loss of fresh batches
  exact,          ///< the exact population loss, by the same optimisers
  exact_descent,  ///< the exact population loss, by L-BFGS
};

/// Trains the instances with a progress line (which takes the hook `advance`; the others are for sampled
/// training) and makes the Run of them; `results` gets what training said of each.
Run train_run(const std::string& command, const nlohmann::json& description,
              const std::vector<TrainingInstance>& instances, const TrainingSettings& settings,
              std::vector<TrainingResult>& results, TrainingMethod method = TrainingMethod::sampled,
              TrainingHooks hooks = {});

}  // namespace digon
