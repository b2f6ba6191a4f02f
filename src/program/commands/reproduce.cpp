#include <fmt/format.h>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/shard.hpp"
#include "program/commands/verification.hpp"
#include "program/experiments/driver.hpp"
#include "sweep/sweep.hpp"

namespace digon {
namespace {

/// The experiments of the given names, each once, all of them checked before any is run.
std::vector<const Experiment*> chosen_experiments(const CommandLine& line) {
  const std::vector<std::string> ids = line.list("ID");
  if (line.has("all")) {
    if (!ids.empty()) reject("--all: given with names; accepted: either");
    return catalog_of(Suite::empirical);
  }
  if (ids.empty()) reject("reproduce: name an experiment; 'digon reproduce --list' lists them");
  std::vector<const Experiment*> chosen;
  for (const std::string& id : ids) chosen.push_back(&find_experiment(id));
  return chosen;
}

/// What the runs came to, together.
struct Outcome {
  bool agreed = true;
  bool left_to_shards = false;
};

/// Runs one experiment after the other and prints their checks. Throws Interrupted.
Outcome run_all(const std::vector<const Experiment*>& chosen, const ExperimentContext& context) {
  Outcome outcome;
  for (const Experiment* experiment : chosen) {
    try {
      const std::vector<Check> checks = reproduce(*experiment, context);
      fmt::print("{}\n", to_text(checks));
      outcome.agreed = outcome.agreed && all_pass(checks);
    } catch (const LeftToShards&) {
      outcome.left_to_shards = true;  // the cells of the other experiments can be computed all the same
    }
  }
  return outcome;
}

}  // namespace

int run_reproduce(const std::vector<std::string>& arguments) {
  CommandLine line("reproduce", "train an experiment of the paper, put theory beside it, draw and judge it",
                   "digon reproduce phase-2-1 correlated --preset quick --out results");
  line.positional("ID", "experiments to run");
  line.flag("list", "list the experiments and exit");
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
  if (!line.parse(arguments)) return 0;
  if (line.has("list")) {
    for (const Experiment* experiment : catalog_of(Suite::empirical)) {
      fmt::print("{:<18} {}\n", experiment->id, experiment->summary);
    }
    return 0;
  }
  const std::vector<const Experiment*> chosen = chosen_experiments(line);
  const Preset preset = read_preset(line);
  const std::filesystem::path out = line.text("out");
  const std::uint64_t seed = read_seed(line);
  const std::size_t threads = read_threads(line);
  const auto lock = claim_results(line, out);

  nlohmann::json run = {
      {"preset", line.text("preset")}, {"seed", seed}, {"experiments", nlohmann::json::array()}};
  for (const Experiment* experiment : chosen) run["experiments"].push_back(experiment->id);
  const std::unique_ptr<RunStore> store = open_store(line, out, run);
  Outcome outcome;
  try {
    outcome = run_all(chosen, {out, preset, seed, threads, *store});
  } catch (const Interrupted&) {
    return explain_interrupted(out, *store);
  }
  if (outcome.left_to_shards) return explain_left_to_shards(out);
  fmt::print("Figures, tables and weights are in {}\n", out.string());
  return outcome.agreed ? 0 : exit_failed;
}

}  // namespace digon
