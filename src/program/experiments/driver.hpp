#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "program/experiments/experiment.hpp"

namespace digon {

/// The settings of an experiment's points, in order: every combination of its axes' values, the last axis
/// fastest; one without values where it has no axes.
std::vector<Setting> settings_of(const Experiment& experiment, Preset preset);

/// The cell of each setting, with its seed.
std::vector<TrainingCell> cells_of(const Experiment& experiment, Preset preset, std::uint64_t seed);

/// Throws std::logic_error that names them where an experiment measures what predictions.json does not claim
/// of it, or leaves a claim unmeasured.
void require_predictions(const Experiment& experiment);

/// Trains the models of all these experiments side by side, then finds their optima so, into the store: one
/// after the other, each would wait for the last of its own.
void compute_ahead(const std::vector<const Experiment*>& experiments, const ExperimentContext& context);

/// Runs an experiment: trains and finds what the store does not have, then writes weights, tables, figures
/// with their captions, and verdict.json, all into the folder out/ID, and returns the checks. Throws as sweep
/// does, and std::logic_error where a prediction is not judged.
std::vector<Check> reproduce(const Experiment& experiment, const ExperimentContext& context);

/// Is called with each experiment and its checks, or nothing where cells of it are left to other shards.
using TakeChecks =
    std::function<void(const Experiment& experiment, const std::optional<std::vector<Check>>& checks)>;

/// Computes ahead for all experiments, then runs them side by side; on several ranks one after the other.
/// `take` is called in their order, of each as soon as it and those before it have ended.
void reproduce_all(const std::vector<const Experiment*>& experiments, const ExperimentContext& context,
                   const TakeChecks& take);

}  // namespace digon
