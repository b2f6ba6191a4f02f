#include "program/commands/training_options.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/parse_number.hpp"
#include "core/model/feature_description.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

constexpr std::uint64_t largest_batch = 1U << 24;

/// The steps of --snapshots.
std::vector<std::size_t> read_snapshot_steps(const CommandLine& line, std::size_t steps) {
  if (!line.has("snapshots")) return {};
  const std::string when = line.text("snapshots");
  const std::size_t colon = when.find(':');
  const std::string kind = when.substr(0, colon);
  const std::optional<double> number =
      colon == std::string::npos ? std::nullopt : parse_number(std::string_view(when).substr(colon + 1));
  if ((kind != "every" && kind != "log") || !number || *number < 1.0 || *number > double(most_steps) ||
      *number != std::floor(*number)) {
    reject("--snapshots: '{}' given; accepted: every:K or log:K with K a whole number of at least 1", when);
  }
  const auto count = std::size_t(*number);
  return kind == "every" ? linear_schedule(count, steps) : logarithmic_schedule(count, steps);
}

/// Throws InputError where an option is given that would do nothing.
void require_used(const CommandLine& line, TrainingMethod method) {
  if (method == TrainingMethod::exact_descent) {
    line.refuse({"steps", "batch", "learning-rate", "schedule", "warm-up", "momentum", "weight-decay", "stop",
                 "patience", "snapshots", "hidden-l1"},
                "given with --optimizer lbfgs, where it does nothing; accepted with sgd, adam, adamw");
  }
  if (method == TrainingMethod::exact) {
    line.refuse({"batch", "hidden-l1"},
                "given with --objective exact, where it does nothing; accepted with sampled");
  }
  if (line.text("stop") == "never") {
    line.refuse({"patience"}, "given with --stop never, where it does nothing; accepted with plateau, exact");
  }
}

}  // namespace

void declare_training_settings(CommandLine& line) {
  line.option("objective", "NAME",
              "sampled: the loss of fresh batches, the default; exact: the exact population loss, no "
              "sampling, the default and only one with --data");
  line.option("steps", "T", "optimiser steps", "10000");
  line.option("batch", "B", "samples a step, a multiple of 64", "1024");
  line.option("optimizer", "NAME",
              "sgd, adam or adamw; with --objective exact also lbfgs, to the local minimum", "adam");
  line.option("momentum", "MU", "of sgd", "0.9");
  line.option("warm-up", "STEPS", "steps over which the learning rate rises linearly", "0");
  line.option("learning-rate", "LR", "learning rate at the first step", "0.001");
  line.option("schedule", "NAME", "of the learning rate: constant, linear or cosine, the last two to 0",
              "constant");
  line.option("weight-decay", "WD",
              "of adamw, apart from the gradient, default 0.01; of sgd and adam in the gradient, as in "
              "PyTorch, default 0");
  line.option("start-scale", "X",
              "factor on the weights of the start; from small ones features are learned one by one", "1");
  line.option(
      "hidden-l1", "LAMBDA",
      "adds LAMBDA times the batch's mean of ‖h‖₁, h the hidden layer, to the loss of fresh batches: a "
      "second way to a privileged basis; the losses printed have it in them");
  line.option(
      "stop", "CRITERION",
      "never; plateau: once the batch loss no longer falls; exact: once the exact loss no longer does",
      "never");
  line.option("patience", "K", "of --stop: intervals of 100 steps without a loss lower by 0.1%", "10");
  line.option(
      "snapshots", "WHEN",
      "keep the weights every:K steps or log:K times a factor of ten, in snapshots.safetensors and .csv");
}

std::string objective_of(const CommandLine& line) {
  if (line.has("objective")) return line.text("objective");
  return line.has("data") ? "exact" : "sampled";
}

TrainingMethod read_training_method(const CommandLine& line, ModelKind kind,
                                    const FeatureDistribution& features) {
  const std::string objective = objective_of(line);
  if (objective == "sampled" && line.has("data")) {
    reject("--objective: sampled given with --data; accepted there: exact, the loss of all samples");
  }
  const bool descent = line.text("optimizer") == "lbfgs";
  if (!has_exact_loss(kind, features)) {
    const auto refuse = [&](const std::string& option, const std::string& accepted) {
      reject("--{}: exact given for {} models of features {}; accepted there: {}", option, name_of(kind),
             describe_law(features), accepted);
    };
    if (objective == "exact") refuse("objective", "sampled");
    if (line.text("stop") == "exact") refuse("stop", "never, plateau");
  }
  if (objective == "exact") return descent ? TrainingMethod::exact_descent : TrainingMethod::exact;
  if (objective != "sampled") reject("--objective: '{}' given; accepted: sampled, exact", objective);
  if (descent) reject("--optimizer: lbfgs given with --objective sampled; accepted there: sgd, adam, adamw");
  return TrainingMethod::sampled;
}

TrainingSettings read_training_settings(const CommandLine& line, TrainingMethod method) {
  TrainingSettings settings;
  settings.steps = line.integer("steps", 1, most_steps);
  settings.batch = line.integer("batch", 64, largest_batch);
  if (settings.batch % 64 != 0) reject("--batch: {} given; accepted: a multiple of 64", settings.batch);
  settings.snapshot_steps = read_snapshot_steps(line, settings.steps);
  if (line.text("optimizer") != "lbfgs") {
    settings.optimizer.kind = parse_optimizer("--optimizer", line.text("optimizer"));
  }
  if (settings.optimizer.kind != OptimizerKind::sgd) {
    line.refuse({"momentum"},
                fmt::format("given with --optimizer {}, where it does nothing; accepted with sgd",
                            line.text("optimizer")));
  }
  settings.optimizer.momentum = line.nonnegative("momentum", 1.0);
  if (settings.optimizer.momentum == 1.0) reject("--momentum: 1 given; accepted: 0 to below 1");
  settings.optimizer.warm_up = line.integer("warm-up", 0, most_steps);
  if (settings.optimizer.warm_up >= settings.steps) {
    reject("--warm-up: {} given of {} steps; accepted: fewer than --steps", settings.optimizer.warm_up,
           settings.steps);
  }
  settings.optimizer.schedule = parse_schedule("--schedule", line.text("schedule"));
  settings.optimizer.learning_rate = line.real("learning-rate", 0.0, 1e3);
  constexpr double usual_decay = 0.01;
  settings.optimizer.weight_decay = line.has("weight-decay") ? line.nonnegative("weight-decay", 1e3)
                                    : settings.optimizer.kind == OptimizerKind::adamw ? usual_decay
                                                                                      : 0.0;
  settings.start_scale = line.real("start-scale", 0.0, 1e3);
  if (line.has("hidden-l1")) settings.hidden_l1 = line.real("hidden-l1", 0.0, 1e6);
  settings.stop.criterion = parse_stop_criterion("--stop", line.text("stop"));
  settings.stop.patience = line.integer("patience", 1, most_steps);
  require_used(line, method);
  return settings;
}

}  // namespace digon
