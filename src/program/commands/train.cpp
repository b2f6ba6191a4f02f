#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/memory.hpp"
#include "core/base/random.hpp"
#include "core/files/run.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "empirical/training/training.hpp"
#include "program/commands/checkpoint.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/snapshots.hpp"
#include "program/commands/training_folder.hpp"
#include "program/commands/training_options.hpp"
#include "program/commands/training_run.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

constexpr std::uint64_t most_features = 100'000;
constexpr std::uint64_t most_restarts = 1'000'000;

CommandLine declare_train() {
  CommandLine line("train", "train toy models on sparse synthetic features, one instance a density",
                   "digon train --features 5 --hidden 2 --density 1 0.2 0.1 --importance 0.9^i --out run");
  line.option("features", "N", "number of features n");
  line.option("hidden", "M", "hidden dimensions m");
  declare_features(line);
  line.option(
      "kind", "KIND",
      "linear: x' = WᵀWx + b; relu-output: x' = ReLU(WᵀWx + b); relu-hidden: x' = ReLU(Wᵀ ReLU(Wx) + b); "
      "absolute-value: y' = ReLU(W_out ReLU(Wx) + b) for y = |x|",
      "relu-output");
  line.option("restarts", "R", "instances a density, each from its own start", "1");
  declare_training_settings(line);
  declare_seed_and_threads(line);
  declare_json(line);
  line.option("out", "DIR",
              "folder for weights.safetensors, run.json and losses.csv; an unfinished training of the same "
              "options there "
              "is gone on with");
  line.flag("overwrite", "replace the run that is in the folder");
  declare_wait(line);
  line.option("checkpoint-every", "SECONDS", "how much of a training a kill may cost", "5");
  line.option("resume", "DIR",
              "go on with the unfinished training in this folder, with the options it began with");
  return line;
}

std::vector<TrainingInstance> read_instances(const CommandLine& line) {
  const auto n = Eigen::Index(line.integer("features", 1, most_features));
  const auto m = Eigen::Index(line.integer("hidden", 1, most_features));
  const ModelKind kind = parse_model_kind("--kind", line.text("kind"));
  const std::uint64_t restarts = line.integer("restarts", 1, most_restarts);

  std::vector<TrainingInstance> instances;
  const std::uint64_t seed = read_seed(line);
  const ActiveValue usual =
      kind == ModelKind::absolute_value ? ActiveValue::signed_uniform : ActiveValue::uniform;
  for (const FeatureDistribution& features : read_features(line, n, usual)) {
    for (std::uint64_t r = 0; r < restarts; ++r) {
      const std::uint64_t own_seed = derive_seed(seed, instances.size());
      instances.push_back({kind, m, features, own_seed});
    }
  }
  return instances;
}

TrainingSettings read_settings(const CommandLine& line, TrainingMethod method) {
  TrainingSettings settings = read_training_settings(line, method);
  if (method == TrainingMethod::exact_descent) {
    line.refuse({"checkpoint-every"},
                "given with --optimizer lbfgs, where it does nothing; accepted with sgd, adam, adamw");
  }
  settings.threads = read_threads(line);
  return settings;
}

/// Throws InputError where the training would not fit in memory.
void require_room(const std::vector<TrainingInstance>& instances, const TrainingSettings& settings) {
  const double n = double(instances.front().features.features());
  const double m = double(instances.front().hidden);
  const double parameters = (is_tied(instances.front().kind) ? 1.0 : 2.0) * n * m + n;
  // Of each instance the model, and its state, kept for the checkpoint too: parameters and two moments, in
  // doubles; of one at work its parameters, gradient and moments, in floats.
  constexpr double kept = 8.0 + 2.0 * 3.0 * 8.0;
  constexpr double at_work = 4.0 * 4.0;
  const double snapshots = 8.0 * double(settings.snapshot_steps.size());
  require_memory(
      fmt::format("train: {} instance{} of --features {} and --hidden {}{}", instances.size(),
                  instances.size() == 1 ? "" : "s", n, m, snapshots > 0.0 ? " with --snapshots" : ""),
      parameters * (double(instances.size()) * (kept + snapshots) + at_work));
}

nlohmann::json describe(const CommandLine& line, const std::vector<TrainingInstance>& instances) {
  return {{"features", line.text("features")},
          {"hidden", line.text("hidden")},
          {"importance", line.has("importance") ? line.text("importance") : "1"},
          {"density", line.list("density")},
          {"sparsity", line.list("sparsity")},
          {"law", describe_law(instances.front().features)},
          {"kind", line.text("kind")},
          {"restarts", line.text("restarts")},
          {"seed", read_seed(line)},
          {"objective", objective_of(line)}};
}

Table loss_table(const std::vector<TrainingResult>& results, std::size_t loss_every) {
  Table table{{"instance", "step", "batch_loss"}, {}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    for (std::size_t k = 0; k < results[i].loss_history.size(); ++k) {
      table.add_row({text_of(i), text_of((k + 1) * loss_every), text_of(results[i].loss_history[k])});
    }
  }
  return table;
}

/// The weights of the instances, and what became of each.
void print_json(const std::filesystem::path& folder, const std::vector<TrainingInstance>& instances,
                const std::vector<TrainingResult>& results) {
  nlohmann::json printed = nlohmann::json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TrainingResult& result = results[i];
    LoadedModel trained{result.model, instances[i].features, instances[i].seed, i};
    trained.model.kind = instances[i].kind;
    nlohmann::json object = model_answer(trained, &instances[i].features);
    object["seed"] = instances[i].seed;
    object["steps_done"] = result.steps_done;
    object["stopped_early"] = result.stopped_early;
    object["weights"] = (folder / "weights.safetensors").string();
    if (result.loss_history.empty()) {
      leave_out(object, {"batch_loss"}, "too few steps for a mean of batches, or none are drawn");
    } else {
      object["batch_loss"] = result.loss_history.back();
    }
    if (result.diverged_at) {
      object["diverged_at"] = *result.diverged_at;
    } else {
      leave_out(object, {"diverged_at"}, "it did not diverge");
    }
    printed.push_back(std::move(object));
  }
  print_answers(printed);
}

/// Warns of each instance that diverged; false where there is one.
bool warn_of_diverged(const std::vector<TrainingResult>& results) {
  bool sound = true;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].diverged_at) continue;
    sound = false;
    fmt::print(stderr, "digon: instance {} diverged at step {}; its weights are those before\n", i,
               *results[i].diverged_at);
  }
  return sound;
}

void print_text(const std::vector<TrainingInstance>& instances, const std::vector<TrainingResult>& results) {
  Table table{{"instance", "density", "seed", "steps", "batch loss", ""}, {}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TrainingResult& result = results[i];
    const std::string density = instances[i].features.has_uniform_density()
                                    ? text_of(instances[i].features.density[0])
                                    : "per feature";
    table.add_row({text_of(i), density, fmt::format("{}", instances[i].seed), text_of(result.steps_done),
                   result.loss_history.empty() ? "" : text_of(result.loss_history.back()),
                   result.stopped_early ? "stopped early" : ""});
  }
  fmt::print("features {}\n{}", describe_law(instances.front().features), to_text(table));
}

/// A training as its options say.
struct Training {
  std::vector<TrainingInstance> instances;
  TrainingMethod method = TrainingMethod::sampled;
  TrainingSettings settings;
  double checkpoint_seconds = 0.0;
};

Training read_training(const CommandLine& line) {
  Training training;
  training.instances = read_instances(line);
  training.method =
      read_training_method(line, training.instances.front().kind, training.instances.front().features);
  training.settings = read_settings(line, training.method);
  training.checkpoint_seconds = line.real("checkpoint-every", 0.0, 1e6);
  require_room(training.instances, training.settings);
  return training;
}

/// All that determines what a training leaves.
nlohmann::json identity_of(const Training& training) {
  nlohmann::json instances = nlohmann::json::array();
  for (const TrainingInstance& one : training.instances) {
    instances.push_back({name_of(one.kind), one.hidden, to_json(one.features), one.seed});
  }
  return {instances, int(training.method), to_json(training.settings), training.settings.snapshot_steps};
}

/// "2000", or "0 to 2000" where the instances differ.
std::string steps_text(const std::vector<std::size_t>& steps) {
  const auto [least, most] = std::minmax_element(steps.begin(), steps.end());
  return *least == *most ? text_of(*least) : fmt::format("{} to {}", *least, *most);
}

/// Trains in a folder that is ours, from the states of a checkpoint if there are any. The training's options
/// and the arguments they were read from are those it began with; `line` says what is to be printed.
int train_in(const std::filesystem::path& folder, const CommandLine& line, const CommandLine& begun,
             const Training& training, const std::vector<std::string>& arguments,
             std::vector<TrainingState> states) {
  const auto& [instances, method, settings, checkpoint_seconds] = training;
  if (!states.empty() && states.size() != instances.size()) {
    reject("--resume: the checkpoint has {} instances, its options make {}", states.size(), instances.size());
  }
  TrainingHooks hooks;
  hooks.resume = states;
  states.resize(instances.size());
  CheckpointWriter checkpoint(folder, {arguments, std::move(states)}, checkpoint_seconds);
  hooks.save = [&](std::size_t instance, const TrainingState& state) { checkpoint.save(instance, state); };
  std::vector<TrainingResult> results;
  const Run run = train_run("train", describe(begun, instances), instances, settings, results, method, hooks);
  const bool can_resume = interrupted() && method != TrainingMethod::exact_descent;
  if (can_resume) checkpoint.write();
  save_run(folder, run);
  write_csv(folder / "losses.csv", loss_table(results, settings.loss_every));
  save_snapshots(folder, instances, results);
  if (!can_resume) checkpoint.remove();  // when all it stands for is written
  const bool sound = warn_of_diverged(results);
  if (line.has("json")) {
    print_json(folder, instances, results);
  } else {
    print_text(instances, results);
    fmt::print("{:.1f} s; written to {}\n", run.seconds, folder.string());
  }
  if (interrupted()) {
    fmt::print(stderr, "digon: interrupted after {} of {} steps; the weights of that step are kept{}\n",
               steps_text(run.steps_done), settings.steps,
               can_resume ? fmt::format("; 'digon train --resume {}' goes on", folder.string()) : "");
    return exit_interrupted;
  }
  return sound ? 0 : exit_failed;
}

/// Goes on with the unfinished training in a folder.
int resume(const CommandLine& line, const std::filesystem::path& folder) {
  if (!has_checkpoint(folder)) reject("--resume: {} holds no unfinished training", folder.string());
  const auto lock = claim_folder(line, folder);
  Checkpoint checkpoint = load_checkpoint(folder);
  CommandLine begun = declare_train();
  begun.parse(checkpoint.arguments);
  const Training training = read_training(begun);
  return train_in(folder, line, begun, training, checkpoint.arguments, std::move(checkpoint.states));
}

/// The states of the unfinished training in a folder, if it is this one; nothing where it is another.
std::optional<std::vector<TrainingState>> states_of(const std::filesystem::path& folder,
                                                    const Training& training) {
  Checkpoint checkpoint = load_checkpoint(folder);
  CommandLine begun = declare_train();
  begun.parse(checkpoint.arguments);
  if (identity_of(read_training(begun)) != identity_of(training)) return std::nullopt;
  fmt::print(stderr, "digon: going on with the unfinished training in {}\n", folder.string());
  return std::move(checkpoint.states);
}

/// What to go on from in a folder: nothing where it is empty. Throws InputError where what is there is
/// another run.
std::vector<TrainingState> unfinished_in(const std::filesystem::path& folder, const Training& training) {
  const std::optional<std::string> found = find_training_file(folder);
  if (!found) return {};
  if (!has_checkpoint(folder)) {
    reject("--out: {} holds a run already ({}); accepted: another folder, or --overwrite", folder.string(),
           *found);
  }
  std::optional<std::vector<TrainingState>> states = states_of(folder, training);
  if (!states) {
    reject(
        "--out: {} holds an unfinished training with other options; accepted: another folder, --overwrite, "
        "or "
        "'digon train --resume {}', which goes on with it",
        folder.string(), folder.string());
  }
  return std::move(*states);
}

/// The same with --overwrite: what is there goes, unless it is this very training.
std::vector<TrainingState> overwrite_in(const std::filesystem::path& folder, const Training& training) {
  std::optional<std::vector<TrainingState>> states;
  try {
    if (has_checkpoint(folder)) states = states_of(folder, training);
  } catch (const InputError&) {  // it is damaged, or of another version
  }
  if (states) return std::move(*states);
  clear_training(folder);
  return {};
}

}  // namespace

int run_train(const std::vector<std::string>& arguments) {
  CommandLine line = declare_train();
  if (!line.parse(arguments)) return 0;
  if (line.has("resume")) {
    std::size_t accepted = 2;
    for (const char* option : {"wait", "json", "quiet"}) accepted += line.has(option);
    if (arguments.size() != accepted) {
      reject("--resume: given with other options; accepted: --resume DIR, with --wait, --json and --quiet");
    }
    return resume(line, line.text("resume"));
  }
  const std::filesystem::path folder = line.text("out");
  const Training training = read_training(line);
  const auto lock = claim_folder(line, folder);
  return train_in(folder, line, line, training, arguments,
                  line.has("overwrite") ? overwrite_in(folder, training) : unfinished_in(folder, training));
}

}  // namespace digon
