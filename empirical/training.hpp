#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/feature_distribution.hpp"
#include "core/toy_model.hpp"
#include "empirical/optimizer.hpp"

namespace digon {

/// What is to be trained. Its start (W Xavier-normal, std sqrt(2/(n + m)); b = 0) and all its samples come
/// from its own seed and shape alone, never from what trains beside it.
struct TrainingInstance {
  ModelKind kind = ModelKind::relu_output;
  Eigen::Index hidden = 0;       ///< m
  FeatureDistribution features;  ///< n and its law
  std::uint64_t seed = 0;
};

struct TrainingSettings {
  std::size_t steps = 10'000;
  std::size_t batch = 1024;  ///< samples a step, a multiple of 64
  OptimizerSettings optimizer;
  std::size_t threads = 0;       ///< 0: one a core; the weights do not depend on it
  std::size_t loss_every = 100;  ///< steps averaged into one entry of the loss history
};

/// Throws InputError that names the setting which is not accepted.
void validate(const TrainingSettings& settings);

/// The start of an instance.
ToyModel initial_model(const TrainingInstance& instance);

struct TrainingResult {
  ToyModel model;
  std::vector<double> loss_history;  ///< mean batch loss of each `loss_every` steps
  std::size_t steps_done = 0;
  std::optional<std::size_t>
      diverged_at;  ///< the step whose loss was not finite; the model is the one before it
};

/// An instance between two steps: all that its further training depends on.
struct TrainingState {
  Eigen::VectorXf parameters;  ///< W column by column, then b
  OptimizerState<float> optimizer;
  std::size_t steps_done = 0;
  double loss_sum = 0.0;  ///< of the steps since the last entry of the history
  std::vector<double> loss_history;
  std::optional<std::size_t> diverged_at;
};

/// What training tells and where it goes on from.
struct TrainingHooks {
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with steps done
  /// Called with an instance's number and state every `loss_every` steps and at its end, from its own thread.
  std::function<void(std::size_t, const TrainingState&)> save = [](std::size_t, const TrainingState&) {};
  /// States to go on from, one an instance; none, or one without parameters, is a fresh start. A training
  /// that goes on ends with the same bits as one never interrupted.
  std::vector<TrainingState> resume;
};
std::vector<TrainingResult> train(const std::vector<TrainingInstance>& instances,
                                  const TrainingSettings& settings, const TrainingHooks& hooks);

/// Mini-batch training of many instances, each step's batch fresh: minimises the sample mean of
/// Σ_j I_j (x_j − x'_j)². Ends early, between steps, once `interrupted()`. `advance` is called with steps
/// done. Throws InputError on bad settings or instances.
std::vector<TrainingResult> train(const std::vector<TrainingInstance>& instances,
                                  const TrainingSettings& settings,
                                  const std::function<void(std::size_t)>& advance);

}  // namespace digon
