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

/// Mini-batch training of many instances, each step's batch fresh: minimises the sample mean of
/// Σ_j I_j (x_j − x'_j)². Ends early, between steps, once `interrupted()`. `advance` is called with steps
/// done. Throws InputError on bad settings or instances.
std::vector<TrainingResult> train(const std::vector<TrainingInstance>& instances,
                                  const TrainingSettings& settings,
                                  const std::function<void(std::size_t)>& advance);

}  // namespace digon
