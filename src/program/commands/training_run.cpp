#include "program/commands/training_run.hpp"

#include <algorithm>
#include <chrono>

#include "core/base/progress.hpp"
#include "program/commands/exact_training.hpp"
#include "sweep/model_loss.hpp"

namespace digon {

Run train_run(const std::string& command, const nlohmann::json& description,
              const std::vector<TrainingInstance>& instances, const TrainingSettings& settings,
              std::vector<TrainingResult>& results, TrainingMethod method, TrainingHooks hooks) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Progress progress(command, instances.size() * settings.steps);
  const auto advance = [&](std::size_t steps) { progress.advance(steps); };
  hooks.evaluate = [&](std::size_t i, const ToyModel& model) {
    return loss_of(model, instances[i].features);
  };
  switch (method) {
    case TrainingMethod::sampled:
      hooks.advance = advance;
      results = train(instances, settings, hooks);
      break;
    case TrainingMethod::exact:
      hooks.advance = advance;
      hooks.objective = [&](std::size_t i) { return exact_parameter_objective(instances[i]); };
      results = train(instances, settings, hooks);
      break;
    case TrainingMethod::exact_descent:
      results = descend_exactly(instances, settings, advance);
      break;
  }

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
