#include "empirical/training/training.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/named_choice.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "empirical/sampling/feature_sampler.hpp"
#include "empirical/training/batch_gradient.hpp"

namespace digon {
namespace {

constexpr NamedChoices<StopCriterion, 3> criterion_names{{{StopCriterion::never, "never"},
                                                          {StopCriterion::plateau, "plateau"},
                                                          {StopCriterion::evaluated, "exact"}}};

/// Models with at least so many weights share the samples of a step out over the threads, in chunks of a
/// fixed size; smaller ones are shared out whole. Neither may depend on what else trains. Chunks of sparse
/// samples are larger, for the work of one chunk that does not depend on its samples.
constexpr Eigen::Index weights_to_split = 1024;
constexpr std::size_t dense_chunk = 256;
constexpr std::size_t sparse_chunk = 1024;

}  // namespace

std::string_view name_of(StopCriterion criterion) {
  return name_in(criterion_names, criterion);
}

StopCriterion parse_stop_criterion(std::string_view option, std::string_view text) {
  return parse_choice(criterion_names, option, "a criterion to stop at", text);
}

nlohmann::json to_json(const TrainingSettings& settings) {
  const OptimizerSettings& optimizer = settings.optimizer;
  nlohmann::json described = {{"steps", settings.steps},
                              {"batch", settings.batch},
                              {"optimizer", name_of(optimizer.kind)},
                              {"learning_rate", optimizer.learning_rate},
                              {"schedule", name_of(optimizer.schedule)},
                              {"warm_up", optimizer.warm_up},
                              {"momentum", optimizer.kind == OptimizerKind::sgd ? optimizer.momentum : 0.0},
                              {"beta1", optimizer.beta1},
                              {"beta2", optimizer.beta2},
                              {"epsilon", optimizer.epsilon},
                              {"weight_decay", optimizer.weight_decay},
                              {"stop", name_of(settings.stop.criterion)},
                              {"patience", settings.stop.patience},
                              {"improvement", settings.stop.improvement}};
  // What was kept before there were these has none.
  if (settings.hidden_l1 != 0.0) described["hidden_l1"] = settings.hidden_l1;
  if (settings.start_scale != 1.0) described["start_scale"] = settings.start_scale;
  return described;
}

void validate(const TrainingSettings& settings) {
  if (settings.steps < 1) reject("steps: {} given; at least 1 is needed", settings.steps);
  if (settings.steps > UINT32_MAX)
    reject("steps: {} given; at most {} are accepted", settings.steps, UINT32_MAX);
  if (settings.batch < 1 || settings.batch % std::size_t(tile_samples) != 0) {
    reject("batch: {} given; accepted: a positive multiple of {}", settings.batch, tile_samples);
  }
  if (settings.loss_every < 1) reject("loss_every: 0 given; at least 1 step is needed");
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
  if (!(settings.start_scale > 0.0) || !std::isfinite(settings.start_scale)) {
    reject("start scale: {} given; accepted: above 0", settings.start_scale);
  }
  if (!(settings.hidden_l1 >= 0.0) || !std::isfinite(settings.hidden_l1)) {
    reject("hidden L1: {} given; accepted: at least 0", settings.hidden_l1);
  }
  if (settings.stop.patience < 1) reject("patience: 0 given; at least 1 interval is needed");
  if (!(settings.stop.improvement >= 0.0 && settings.stop.improvement < 1.0)) {
    reject("improvement: {} given; accepted: 0 to below 1", settings.stop.improvement);
  }
  if (!std::is_sorted(settings.snapshot_steps.begin(), settings.snapshot_steps.end())) {
    reject("snapshot steps: not ascending; accepted: ascending steps");
  }
}

std::vector<std::size_t> linear_schedule(std::size_t every, std::size_t steps) {
  if (every < 1) reject("snapshots: every 0 steps given; at least 1 is needed");
  std::vector<std::size_t> schedule;
  for (std::size_t step = 0; step <= steps; step += every) schedule.push_back(step);
  return schedule;
}

std::vector<std::size_t> logarithmic_schedule(std::size_t per_decade, std::size_t steps) {
  if (per_decade < 1) reject("snapshots: 0 a decade given; at least 1 is needed");
  std::vector<std::size_t> schedule{0};
  for (std::size_t k = 0;; ++k) {
    const double at = std::pow(10.0, double(k) / double(per_decade));
    const std::size_t step = std::min(steps, std::size_t(std::llround(at)));
    if (step > schedule.back()) schedule.push_back(step);
    if (step == steps) return schedule;
  }
}

namespace {

Parameters<double> initial_parameters(const TrainingInstance& instance, double scale) {
  const Eigen::Index n = instance.features.features();
  Parameters<double> parameters(instance.kind, instance.hidden, n);
  std::vector<double> normal(std::size_t(n * instance.hidden));
  fill_standard_normal(normal, {instance.seed, Purpose::initial_weights});
  const double deviation = scale * std::sqrt(2.0 / double(n + instance.hidden));
  for (std::size_t k = 0; k < normal.size(); ++k) {
    parameters.values[Eigen::Index(k)] = double(static_cast<float>(deviation * normal[k]));
  }
  // An output that a lone feature drives below 0 has no gradient and never learns: with a decoder of random
  // signs nearly every feature of a sparse model is lost for one of its signs, for good
  // (docs/experiments/abs-large.md).
  if (!is_tied(instance.kind)) parameters.decoder() = parameters.W().cwiseAbs();
  return parameters;
}

/// The loss of fresh batches and its gradient, in float.
class SampledObjective {
 public:
  SampledObjective(const TrainingInstance& instance, const TrainingSettings& settings)
      : seed_(instance.seed), batch_(settings.batch), sampler_(instance.features), chunk_(settings.batch) {
    if (instance.hidden * instance.features.features() >= weights_to_split) {
      chunk_ = sampler_.is_sparse() ? sparse_chunk : dense_chunk;
    }
    const std::size_t chunks = (batch_ + chunk_ - 1) / chunk_;
    for (std::size_t c = 0; c < chunks; ++c) {
      workers_.push_back({BatchGradient<float>(instance.kind, instance.features.importance, instance.hidden,
                                               settings.hidden_l1),
                          Tile<float>(tile_samples, instance.features.features()),
                          {}});
    }
  }

  /// The mean loss of the batch of a step and its gradient.
  double operator()(std::size_t step, const Parameters<float>& parameters, Eigen::VectorXf& gradient) {
    const RandomStream stream{seed_, Purpose::training_batch, static_cast<std::uint32_t>(step)};
    if (workers_.size() == 1) {
      add_chunk(0, stream, parameters);
    } else {
      parallel_for_inside(workers_.size(), [&](std::size_t c) { add_chunk(c, stream, parameters); });
    }
    double loss = 0.0;
    gradient.setZero(parameters.values.size());
    for (const Worker& worker : workers_) {
      loss += worker.sum.loss();
      gradient += worker.sum.gradient().values;
    }
    gradient /= static_cast<float>(batch_);
    return loss / double(batch_);
  }

 private:
  struct Worker {
    BatchGradient<float> sum;
    Tile<float> tile;
    ActiveSamples active;
  };

  void add_chunk(std::size_t c, const RandomStream& stream, const Parameters<float>& parameters) {
    Worker& worker = workers_[c];
    const std::size_t first = c * chunk_;
    const std::size_t last = std::min(first + chunk_, batch_);
    worker.sum.begin(parameters);
    if (sampler_.is_sparse()) {
      sampler_.draw_active(stream, c, last - first, worker.active);
      worker.sum.add_samples(worker.active);
    } else {
      const auto tile = std::size_t(tile_samples);
      for (std::size_t t = first / tile; t < last / tile; ++t) {
        sampler_.draw(stream, t, worker.tile);
        worker.sum.add_tile(worker.tile);
      }
    }
    worker.sum.finish();
  }

  std::uint64_t seed_;
  std::size_t batch_;
  FeatureSampler sampler_;
  std::size_t chunk_;  // samples
  std::vector<Worker> workers_;
};

template <typename Scalar>
OptimizerState<Scalar> cast(const OptimizerState<double>& state) {
  return {state.first.cast<Scalar>(), state.second.cast<Scalar>(), state.beta1_power, state.beta2_power};
}
OptimizerState<double> to_double(const OptimizerState<float>& state) {
  return {state.first.cast<double>(), state.second.cast<double>(), state.beta1_power, state.beta2_power};
}
OptimizerState<double> to_double(const OptimizerState<double>& state) {
  return state;
}

/// Whether an instance has stopped improving; called with the loss of each interval.
bool has_stopped_improving(const EarlyStop& stop, double loss, TrainingState& state) {
  if (!state.lowest || loss < *state.lowest * (1.0 - stop.improvement)) {
    state.lowest = loss;
    state.intervals_since_lowest = 0;
    return false;
  }
  return ++state.intervals_since_lowest >= stop.patience;
}

TrainingState starting_state(const TrainingInstance& instance, const TrainingHooks& hooks, std::size_t number,
                             double scale) {
  TrainingState fresh;
  fresh.parameters = initial_parameters(instance, scale).values;
  if (number >= hooks.resume.size() || hooks.resume[number].parameters.size() == 0) return fresh;
  if (hooks.resume[number].parameters.size() != fresh.parameters.size()) {
    reject("resume: the state is of another shape");
  }
  return hooks.resume[number];
}

/// The steps of one instance. gradient_at(step, parameters, gradient) gives the loss and its gradient.
template <typename Scalar, typename GradientAt>
TrainingResult take_steps(const TrainingInstance& instance, const TrainingSettings& settings,
                          const TrainingHooks& hooks, std::size_t number, GradientAt gradient_at) {
  TrainingState state = starting_state(instance, hooks, number, settings.start_scale);
  Parameters<Scalar> parameters(instance.kind, instance.hidden, instance.features.features());
  parameters.values = state.parameters.template cast<Scalar>();
  Optimizer<Scalar> optimizer(settings.optimizer, parameters.values.size());
  if (state.optimizer.first.size() > 0) {
    optimizer = Optimizer<Scalar>(settings.optimizer, cast<Scalar>(state.optimizer));
  }
  typename Parameters<Scalar>::Vector gradient;
  const auto take_snapshot = [&] {
    while (state.snapshots.size() < settings.snapshot_steps.size() &&
           settings.snapshot_steps[state.snapshots.size()] == state.steps_done) {
      state.snapshots.push_back(parameters.values.template cast<double>());
    }
  };
  const auto save = [&] {
    state.parameters = parameters.values.template cast<double>();
    state.optimizer = to_double(optimizer.state());
    hooks.save(number, state);
  };
  const auto end_interval = [&] {
    const double mean = state.loss_sum / double(settings.loss_every);
    state.loss_history.push_back(mean);
    state.loss_sum = 0.0;
    if (settings.stop.criterion != StopCriterion::never) {
      const bool plateau = settings.stop.criterion == StopCriterion::plateau;
      const double watched = plateau ? mean : hooks.evaluate(number, parameters.model());
      state.stopped_early = has_stopped_improving(settings.stop, watched, state);
    }
  };

  hooks.advance(state.steps_done);
  std::size_t reported = state.steps_done;
  while (state.steps_done < settings.steps && !state.diverged_at && !state.stopped_early && !interrupted()) {
    take_snapshot();
    const std::size_t step = state.steps_done;
    const double loss = gradient_at(step, parameters, gradient);
    if (!std::isfinite(loss) || !gradient.allFinite()) {
      state.diverged_at = step;
      break;
    }
    optimizer.step(gradient, learning_rate(settings.optimizer, step, settings.steps), parameters.values);
    ++state.steps_done;
    state.loss_sum += loss;
    if (state.steps_done % settings.loss_every == 0) {
      end_interval();
      save();
      hooks.advance(state.steps_done - reported);
      reported = state.steps_done;
    }
  }
  take_snapshot();
  save();
  hooks.advance(settings.steps - reported);

  TrainingResult result{parameters.model(), state.loss_history,  state.steps_done,
                        state.diverged_at,  state.stopped_early, {}};
  for (std::size_t k = 0; k < state.snapshots.size(); ++k) {
    Parameters<double> kept(instance.kind, parameters.m, parameters.n);
    kept.values = state.snapshots[k];
    result.snapshots.push_back({settings.snapshot_steps[k], kept.model()});
  }
  return result;
}

TrainingResult train_one(const TrainingInstance& instance, const TrainingSettings& settings,
                         const TrainingHooks& hooks, std::size_t number) {
  if (!hooks.objective) {
    return take_steps<float>(instance, settings, hooks, number, SampledObjective(instance, settings));
  }
  const ParameterObjective objective = hooks.objective(number);
  return take_steps<double>(
      instance, settings, hooks, number,
      [&](std::size_t, const Parameters<double>& parameters, Eigen::VectorXd& gradient) {
        try {
          return objective(parameters, gradient);
        } catch (const std::exception&) {  // e.g. a tolerance out of reach, or weights not finite
          return std::numeric_limits<double>::quiet_NaN();
        }
      });
}

}  // namespace

ToyModel initial_model(const TrainingInstance& instance, double scale) {
  return initial_parameters(instance, scale).model();
}

std::vector<TrainingResult> train(const std::vector<TrainingInstance>& instances,
                                  const TrainingSettings& settings, const TrainingHooks& hooks) {
  validate(settings);
  if (settings.stop.criterion == StopCriterion::evaluated && !hooks.evaluate) {
    reject("early stop: nothing evaluates the loss; accepted: never, plateau");
  }
  for (const TrainingInstance& instance : instances) {
    digon::validate(instance.features);
    if (instance.hidden < 1) reject("hidden: {} given; at least 1 dimension is needed", instance.hidden);
  }
  std::vector<TrainingResult> results(instances.size());
  parallel_for(instances.size(), settings.threads,
               [&](std::size_t i) { results[i] = train_one(instances[i], settings, hooks, i); });
  return results;
}

}  // namespace digon
