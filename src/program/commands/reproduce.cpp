#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "program/commands/cell_options.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/shard.hpp"
#include "program/commands/training_options.hpp"
#include "program/commands/verification.hpp"
#include "program/experiments/changed_settings.hpp"
#include "program/experiments/driver.hpp"

namespace digon {
namespace {

bool is_density(double value) {
  return value > 0.0 && value <= 1.0;
}

/// The experiments of the given names, each once, all of them checked before any is run.
std::vector<const Experiment*> chosen_experiments(const CommandLine& line) {
  const std::vector<std::string> ids = line.list("ID");
  if (line.has("all")) {
    if (!ids.empty()) reject("--all: given with names; accepted: either");
    return catalog_of(Suite::empirical);
  }
  if (ids.empty()) reject("reproduce: name an experiment; 'digon reproduce --list' lists them");
  std::vector<const Experiment*> chosen;
  for (const std::string& id : ids) {
    const Experiment* const experiment = &find_experiment(id);
    if (std::find(chosen.begin(), chosen.end(), experiment) == chosen.end()) chosen.push_back(experiment);
  }
  return chosen;
}

/// What --set says. Settings of the training are read as 'digon train' reads them.
std::vector<ChangedSetting> read_changes(const CommandLine& line) {
  const CellVocabulary vocabulary = cell_vocabulary();
  CommandLine training("reproduce", "", "");
  declare_training_settings(training);
  training.parse({});
  std::vector<ChangedSetting> changes;
  for (const std::string& text : line.list("set")) {
    const NamedValues named = parse_assignment("--set", text);
    const std::string option = vocabulary.option_of(named.name).value_or(named.name);
    const StudyAxis axis = parse_axis("--set " + named.name, option, named.texts);
    if (!axis.is_numeric) reject("--set {}: '{}' given; accepted: numbers", named.name, text);
    if (option == "density" && !std::all_of(axis.values.begin(), axis.values.end(), is_density)) {
      reject("--set {}: '{}' given; accepted: densities above 0, at most 1", named.name, text);
    }
    for (const char* known : {"steps", "batch", "learning-rate"}) {
      if (option == known) training.give(option, axis.texts.front());
    }
    changes.push_back({option, axis.values});
  }
  read_training_settings(training);
  return changes;
}

/// What the runs came to, together.
struct Outcome {
  bool agreed = true;
  bool left_to_shards = false;
  nlohmann::json answers = nlohmann::json::array();  ///< one an experiment that is judged
};

/// What --json prints of an experiment: the verdict, if there is one.
nlohmann::json describe(const Experiment& experiment, const std::filesystem::path& folder,
                        const std::vector<Check>& checks) {
  nlohmann::json answer = to_json(checks);
  answer["experiment"] = experiment.id;
  answer["folder"] = folder.string();
  answer["why"] = nlohmann::json::object();
  if (checks.empty()) leave_out(answer, {"pass"}, "--set was given, and the claims are of other settings");
  return answer;
}

/// Runs the experiments and, unless `quiet`, prints their checks. Throws Interrupted.
Outcome run_all(const std::vector<Experiment>& chosen, const ExperimentContext& context, bool quiet) {
  std::vector<const Experiment*> all;
  for (const Experiment& experiment : chosen) all.push_back(&experiment);
  Outcome outcome;
  reproduce_all(all, context, [&](const Experiment& experiment, const auto& checks) {
    outcome.left_to_shards = outcome.left_to_shards || !checks;
    if (!checks) return;
    if (!checks->empty() && !quiet) fmt::print("{}\n", to_text(*checks));
    outcome.answers.push_back(describe(experiment, context.out / experiment.id, *checks));
    outcome.agreed = outcome.agreed && all_pass(*checks);
  });
  return outcome;
}

}  // namespace

int run_reproduce(const std::vector<std::string>& arguments) {
  CommandLine line("reproduce", "train an experiment of the paper, put theory beside it, draw and judge it",
                   "digon reproduce phase-2-1 correlated --preset quick --out results");
  line.positional("ID", "experiments to run");
  line.flag("list", "list the experiments and exit");
  line.list("set", "NAME=VALUES",
            "change a setting, e.g. n=100, density=log:1:0.01:40, starts=4; the results go to ID-set and are "
            "not judged, since the claims are of the experiment's own settings");
  line.flag("all", "run all of them");
  declare_preset(line);
  line.option(
      "out", "DIR",
      "folder for the results, a subfolder an experiment; finished cells are kept in results.db and never "
      "computed again",
      "results");
  declare_seed_and_threads(line);
  declare_shard(line);
  declare_wait(line);
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  if (line.has("list")) {
    line.refuse({"json"}, "given with --list; accepted without");
    for (const Experiment* experiment : catalog_of(Suite::empirical)) {
      fmt::print("{:<18} {}\n", experiment->id, experiment->summary);
    }
    return 0;
  }
  const std::vector<ChangedSetting> changes = read_changes(line);
  std::vector<Experiment> chosen;
  for (const Experiment* experiment : chosen_experiments(line)) {
    chosen.push_back(changes.empty() ? *experiment : with_settings(*experiment, changes));
  }
  const Preset preset = read_preset(line);
  const std::filesystem::path out = line.text("out");
  const std::uint64_t seed = read_seed(line);
  const std::size_t threads = read_threads(line);
  const auto lock = claim_results(line, out);

  nlohmann::json run = {
      {"preset", line.text("preset")}, {"seed", seed}, {"experiments", nlohmann::json::array()}};
  for (const Experiment& experiment : chosen) run["experiments"].push_back(experiment.id);
  if (line.has("set")) run["set"] = line.list("set");
  const std::unique_ptr<RunStore> store = open_store(line, out, run);
  Outcome outcome;
  try {
    outcome = run_all(chosen, {out, preset, seed, threads, *store}, line.has("json"));
  } catch (const Interrupted&) {
    return explain_interrupted(out, *store);
  }
  if (outcome.left_to_shards) return explain_left_to_shards(line, out);
  if (line.has("json")) {
    print_answers(outcome.answers);
  } else {
    fmt::print("Figures, tables and weights are in {}\n", out.string());
  }
  return outcome.agreed ? 0 : exit_failed;
}

}  // namespace digon
