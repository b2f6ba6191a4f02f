#include "program/exact_training.hpp"

#include "core/interrupt.hpp"
#include "core/parallel.hpp"
#include "empirical/batch_gradient.hpp"
#include "theory/exact_loss.hpp"
#include "theory/optimum.hpp"

namespace digon {
namespace {

/// The gradient need not be closer than the optimiser can use.
constexpr double gradient_tolerance = 1e-7;

TrainingResult train_one(const TrainingInstance& instance, const TrainingSettings& settings,
                         const std::function<void(std::size_t)>& advance) {
  const Objective objective = exact_objective(instance.features, gradient_tolerance);
  TrainingResult result;
  result.model = initial_model(instance);
  Parameters<double> parameters(result.model.hidden(), result.model.features());
  parameters.W() = result.model.W;
  parameters.b() = result.model.b;
  Parameters<double> gradient = parameters;
  Optimizer<double> optimizer(settings.optimizer, parameters.values.size());
  double loss_sum = 0.0;
  std::size_t reported = 0;
  while (result.steps_done < settings.steps && !interrupted()) {
    try {
      const LossGradient loss = objective(result.model);
      gradient.W() = loss.by_W;
      gradient.b() = loss.by_b;
      loss_sum += loss.loss;
    } catch (const std::exception&) {  // ToleranceError, or InputError where the weights are not finite
      result.diverged_at = result.steps_done;
      break;
    }
    optimizer.step(gradient.values, learning_rate(settings.optimizer, result.steps_done, settings.steps),
                   parameters.values);
    result.model.W = parameters.W();
    result.model.b = parameters.b();
    ++result.steps_done;
    if (result.steps_done % settings.loss_every == 0) {
      result.loss_history.push_back(loss_sum / double(settings.loss_every));
      loss_sum = 0.0;
      advance(result.steps_done - reported);
      reported = result.steps_done;
    }
  }
  advance(settings.steps - reported);
  return result;
}

template <typename TrainOne>
std::vector<TrainingResult> train_all(const std::vector<TrainingInstance>& instances,
                                      const TrainingSettings& settings, TrainOne train_this) {
  validate(settings);
  for (const TrainingInstance& instance : instances) validate(instance.features);
  std::vector<TrainingResult> results(instances.size());
  parallel_for(instances.size(), settings.threads,
               [&](std::size_t i) { results[i] = train_this(instances[i]); });
  return results;
}

}  // namespace

std::vector<TrainingResult> train_exactly(const std::vector<TrainingInstance>& instances,
                                          const TrainingSettings& settings,
                                          const std::function<void(std::size_t)>& advance) {
  return train_all(instances, settings,
                   [&](const TrainingInstance& instance) { return train_one(instance, settings, advance); });
}

std::vector<TrainingResult> descend_exactly(const std::vector<TrainingInstance>& instances,
                                            const TrainingSettings& settings,
                                            const std::function<void(std::size_t)>& advance) {
  return train_all(instances, settings, [&](const TrainingInstance& instance) {
    TrainingResult result;
    result.model = initial_model(instance);
    if (!interrupted()) {
      Descent found = descend(exact_objective(instance.features), result.model);
      result.model = std::move(found.model);
      result.loss_history = {found.loss};
      result.steps_done = settings.steps;
    }
    advance(settings.steps);
    return result;
  });
}

}  // namespace digon
