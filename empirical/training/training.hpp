#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "empirical/training/optimizer.hpp"
#include "empirical/training/parameters.hpp"

namespace digon {

/// What is to be trained. Its start (W Xavier-normal, std sqrt(2/(n + m)); W_out of the absolute value model
/// |Wᵀ|; b = 0) and all its samples come from its own seed and shape alone, never from what trains beside it.
struct TrainingInstance {
  ModelKind kind = ModelKind::relu_output;
  Eigen::Index hidden = 0;       ///< m
  FeatureDistribution features;  ///< n and its law
  std::uint64_t seed = 0;
};

/// What is watched to end a training before its last step.
enum class StopCriterion {
  never,
  plateau,    ///< the mean batch loss
  evaluated,  ///< the loss that TrainingHooks::evaluate gives, e.g. the exact one
};
std::string_view name_of(StopCriterion criterion);
StopCriterion parse_stop_criterion(std::string_view option, std::string_view text);

struct EarlyStop {
  StopCriterion criterion = StopCriterion::never;
  std::size_t patience = 10;  ///< intervals of `loss_every` steps without improvement
  double improvement = 1e-3;  ///< a loss lower by this share counts as one
};

struct TrainingSettings {
  std::size_t steps = 10'000;
  std::size_t batch = 1024;  ///< samples a step, a multiple of 64
  OptimizerSettings optimizer;
  std::size_t threads = 0;       ///< 0: one a core; the weights do not depend on it
  std::size_t loss_every = 100;  ///< steps averaged into one entry of the loss history
  EarlyStop stop;
  double hidden_l1 = 0.0;  ///< λ of λ ‖h‖₁, averaged over the batch and added to the loss of fresh batches
  std::vector<std::size_t> snapshot_steps;  ///< ascending: the weights before these steps are kept
  double start_scale =
      1.0;  ///< factor on the start's weights: from small ones features are learned one by one
};

/// The settings that determine the trained weights.
nlohmann::json to_json(const TrainingSettings& settings);

/// Throws InputError that names the setting which is not accepted.
void validate(const TrainingSettings& settings);

/// The steps 0, every, 2 every … up to `steps`.
std::vector<std::size_t> linear_schedule(std::size_t every, std::size_t steps);

/// Step 0 and `per_decade` steps a factor of ten, evenly in the logarithm, up to `steps` and with it.
std::vector<std::size_t> logarithmic_schedule(std::size_t per_decade, std::size_t steps);

/// The start of an instance, its weights times `scale`.
ToyModel initial_model(const TrainingInstance& instance, double scale = 1.0);

/// The weights before a step.
struct Snapshot {
  std::size_t step = 0;
  ToyModel model;
};

struct TrainingResult {
  ToyModel model;
  std::vector<double> loss_history;  ///< mean batch loss of each `loss_every` steps
  std::size_t steps_done = 0;
  std::optional<std::size_t>
      diverged_at;  ///< the step whose loss was not finite; the model is the one before it
  bool stopped_early = false;
  std::vector<Snapshot> snapshots;
};

/// An instance between two steps: all that its further training depends on.
struct TrainingState {
  Eigen::VectorXd parameters;  ///< in the order of Parameters
  OptimizerState<double> optimizer;
  std::size_t steps_done = 0;
  double loss_sum = 0.0;  ///< of the steps since the last entry of the history
  std::vector<double> loss_history;
  std::optional<std::size_t> diverged_at;
  std::optional<double> lowest;  ///< the lowest loss an early stop has seen
  std::size_t intervals_since_lowest = 0;
  bool stopped_early = false;
  std::vector<Eigen::VectorXd> snapshots;  ///< parameters at the first snapshot steps
};

/// A loss and its gradient by the parameters.
using ParameterObjective = std::function<double(const Parameters<double>&, Eigen::VectorXd& gradient)>;

/// What training tells, what it asks, and where it goes on from.
struct TrainingHooks {
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with steps done
  /// Called with an instance's number and state every `loss_every` steps and at its end, from its own thread.
  std::function<void(std::size_t, const TrainingState&)> save = [](std::size_t, const TrainingState&) {};
  /// The loss of an instance's model for StopCriterion::evaluated.
  std::function<double(std::size_t, const ToyModel&)> evaluate;
  /// Makes the objective an instance descends instead of the loss of fresh batches; it may throw where it
  /// cannot be evaluated, which counts as divergence.
  std::function<ParameterObjective(std::size_t)> objective;
  /// States to go on from, one an instance; none, or one without parameters, is a fresh start. A training
  /// that goes on ends with the same bits as one never interrupted.
  std::vector<TrainingState> resume;
};

/// Mini-batch training of many instances, each step's batch fresh: minimises the sample mean of
/// Σ_j I_j (x_j − x'_j)², in float; an objective of the hooks is minimised in double. Ends early, between
/// steps, once `interrupted()`. Throws InputError on bad settings or instances.
std::vector<TrainingResult> train(const std::vector<TrainingInstance>& instances,
                                  const TrainingSettings& settings, const TrainingHooks& hooks = {});

}  // namespace digon
