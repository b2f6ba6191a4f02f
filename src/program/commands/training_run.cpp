#include "program/commands/training_run.hpp"

#include <algorithm>
#include <chrono>

#include "core/base/progress.hpp"

namespace digon {

Run train_run(const std::string& command, const nlohmann::json& description,
              const std::vector<TrainingInstance>& instances, const TrainingSettings& settings,
              std::vector<TrainingResult>& results, TrainingMethod method, TrainingHooks hooks) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Progress progress(command, instances.size() * settings.steps);
  hooks.advance = [&](std::size_t steps) { progress.advance(steps); };
  results = train_by(method, instances, settings, std::move(hooks));

  Run run;
  run.command = command;
  run.settings = description;
  run.settings["training"] = to_json(settings);
  run.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  for (std::size_t i = 0; i < instances.size(); ++i) {
    run.models.push_back({results[i].model, instances[i].features, instances[i].seed});
    run.steps_done.push_back(results[i].steps_done);
    if (results[i].steps_done < settings.steps && !results[i].stopped_early) run.complete = false;
  }
  return run;
}

}  // namespace digon
