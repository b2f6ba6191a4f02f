#include "sweep/training_method.hpp"

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "empirical/training/parameter_objective.hpp"
#include "sweep/model_loss.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum.hpp"

namespace digon {
namespace {

/// The local minimum of the exact loss next to each start.
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

}  // namespace

std::vector<TrainingResult> train_by(TrainingMethod method, const std::vector<TrainingInstance>& instances,
                                     const TrainingSettings& settings, TrainingHooks hooks) {
  if (method == TrainingMethod::exact_descent) return descend_exactly(instances, settings, hooks.advance);
  hooks.evaluate = [&](std::size_t i, const ToyModel& model) {
    return loss_of(model, instances[i].features);
  };
  if (method == TrainingMethod::exact) {
    hooks.objective = [&](std::size_t i) {
      return parameter_objective(exact_objective(instances[i].features, tolerance_of_training));
    };
  }
  return train(instances, settings, hooks);
}

}  // namespace digon
