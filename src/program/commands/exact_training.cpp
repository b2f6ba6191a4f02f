#include "program/commands/exact_training.hpp"

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "empirical/training/parameter_objective.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum.hpp"

namespace digon {
ParameterObjective exact_parameter_objective(const TrainingInstance& instance) {
  return parameter_objective(exact_objective(instance.features, tolerance_of_training));
}

std::vector<TrainingResult> descend_exactly(const std::vector<TrainingInstance>& instances,
                                            const TrainingSettings& settings,
                                            const std::function<void(std::size_t)>& advance) {
  validate(settings);
  for (const TrainingInstance& instance : instances) validate(instance.features);
  std::vector<TrainingResult> results(instances.size());
  parallel_for(instances.size(), settings.threads, [&](std::size_t i) {
    TrainingResult& result = results[i];
    result.model = initial_model(instances[i], settings.start_scale);
    if (!interrupted()) {
      Descent found = descend(exact_objective(instances[i].features), result.model);
      result.model = std::move(found.model);
      result.loss_history = {found.loss};
      result.steps_done = settings.steps;
    }
    advance(settings.steps);
  });
  return results;
}

}  // namespace digon
