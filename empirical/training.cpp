#include "empirical/training.hpp"

#include <cmath>

#include "core/input_error.hpp"
#include "core/interrupt.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "empirical/batch_gradient.hpp"
#include "empirical/feature_sampler.hpp"

namespace digon {

void validate(const TrainingSettings& settings) {
  if (settings.steps < 1) reject("steps: {} given; at least 1 is needed", settings.steps);
  if (settings.steps > UINT32_MAX)
    reject("steps: {} given; at most {} are accepted", settings.steps, UINT32_MAX);
  if (settings.batch < 1 || settings.batch % std::size_t(tile_samples) != 0) {
    reject("batch: {} given; accepted: a positive multiple of {}", settings.batch, tile_samples);
  }
  const double rate = settings.optimizer.learning_rate;
  if (!(rate > 0.0) || !std::isfinite(rate)) reject("learning rate: {} given; accepted: above 0", rate);
  if (settings.optimizer.warm_up >= settings.steps) {
    reject("warm-up: {} steps given of {}; accepted: fewer than all", settings.optimizer.warm_up,
           settings.steps);
  }
  const double momentum = settings.optimizer.momentum;
  if (!(momentum >= 0.0 && momentum < 1.0)) reject("momentum: {} given; accepted: 0 to below 1", momentum);
  const double decay = settings.optimizer.weight_decay;
  if (!(decay >= 0.0) || !std::isfinite(decay)) reject("weight decay: {} given; accepted: at least 0", decay);
}

namespace {

Parameters<float> initial_parameters(const TrainingInstance& instance) {
  const Eigen::Index n = instance.features.features();
  Parameters<float> parameters(instance.hidden, n);
  std::vector<double> normal(std::size_t(n * instance.hidden));
  fill_standard_normal(normal, {instance.seed, Purpose::initial_weights});
  const double deviation = std::sqrt(2.0 / double(n + instance.hidden));
  for (std::size_t k = 0; k < normal.size(); ++k) {
    parameters.values[Eigen::Index(k)] = static_cast<float>(deviation * normal[k]);
  }
  return parameters;
}

/// The mean loss of one fresh batch and its gradient.
double batch_gradient(const TrainingInstance& instance, const TrainingSettings& settings, std::size_t step,
                      const FeatureSampler& sampler, const Parameters<float>& parameters, Tile<float>& x,
                      BatchGradient<float>& batch) {
  const RandomStream stream{instance.seed, Purpose::training_batch, static_cast<std::uint32_t>(step)};
  batch.reset();
  for (std::size_t tile = 0; tile < settings.batch / std::size_t(tile_samples); ++tile) {
    sampler.draw(stream, tile, x);
    batch.add_tile(parameters, x);
  }
  return double(batch.loss()) / double(settings.batch);
}

TrainingResult train_one(const TrainingInstance& instance, const TrainingSettings& settings,
                         const TrainingHooks& hooks, std::size_t number) {
  const Eigen::Index n = instance.features.features();
  Parameters<float> parameters = initial_parameters(instance);
  TrainingState state;
  Optimizer<float> optimizer(settings.optimizer, parameters.values.size());
  if (number < hooks.resume.size() && hooks.resume[number].parameters.size() > 0) {
    state = hooks.resume[number];
    if (state.parameters.size() != parameters.values.size()) reject("resume: the state is of another shape");
    parameters.values = state.parameters;
    optimizer = Optimizer<float>(settings.optimizer, state.optimizer);
  }
  const FeatureSampler sampler(instance.features);
  BatchGradient<float> batch(instance.kind, instance.features.importance, instance.hidden);
  Tile<float> x(tile_samples, n);
  const auto save = [&] {
    state.parameters = parameters.values;
    state.optimizer = optimizer.state();
    hooks.save(number, state);
  };

  hooks.advance(state.steps_done);
  std::size_t reported = state.steps_done;
  while (state.steps_done < settings.steps && !state.diverged_at && !interrupted()) {
    const std::size_t step = state.steps_done;
    const double loss = batch_gradient(instance, settings, step, sampler, parameters, x, batch);
    if (!std::isfinite(loss) || !batch.gradient().values.allFinite()) {
      state.diverged_at = step;
      break;
    }
    const Eigen::VectorXf mean_gradient = batch.gradient().values / float(settings.batch);
    optimizer.step(mean_gradient, learning_rate(settings.optimizer, step, settings.steps), parameters.values);
    ++state.steps_done;
    state.loss_sum += loss;
    if (state.steps_done % settings.loss_every == 0) {
      state.loss_history.push_back(state.loss_sum / double(settings.loss_every));
      state.loss_sum = 0.0;
      save();
      hooks.advance(state.steps_done - reported);
      reported = state.steps_done;
    }
  }
  save();
  hooks.advance(settings.steps - reported);
  return {{parameters.W().cast<double>(), parameters.b().cast<double>(), instance.kind},
          state.loss_history,
          state.steps_done,
          state.diverged_at};
}

}  // namespace

ToyModel initial_model(const TrainingInstance& instance) {
  const Parameters<float> parameters = initial_parameters(instance);
  return {parameters.W().cast<double>(), parameters.b().cast<double>(), instance.kind};
}

std::vector<TrainingResult> train(const std::vector<TrainingInstance>& instances,
                                  const TrainingSettings& settings, const TrainingHooks& hooks) {
  validate(settings);
  for (const TrainingInstance& instance : instances) {
    digon::validate(instance.features);
    if (instance.hidden < 1) reject("hidden: {} given; at least 1 dimension is needed", instance.hidden);
  }
  std::vector<TrainingResult> results(instances.size());
  parallel_for(instances.size(), settings.threads,
               [&](std::size_t i) { results[i] = train_one(instances[i], settings, hooks, i); });
  return results;
}

std::vector<TrainingResult> train(const std::vector<TrainingInstance>& instances,
                                  const TrainingSettings& settings,
                                  const std::function<void(std::size_t)>& advance) {
  TrainingHooks hooks;
  hooks.advance = advance;
  return train(instances, settings, hooks);
}

}  // namespace digon
