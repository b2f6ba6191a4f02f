#include <fmt/format.h>

#include "core/atomic_file.hpp"
#include "core/input_error.hpp"
#include "program/command_line.hpp"
#include "program/commands.hpp"
#include "program/experiment.hpp"

namespace digon {
namespace {

/// The experiments of the given names, each once, all of them checked before any is run.
std::vector<const Experiment*> chosen_experiments(const std::vector<std::string>& ids) {
  if (ids.empty()) reject("reproduce: name an experiment; 'digon reproduce --list' lists them");
  std::vector<const Experiment*> chosen;
  chosen.reserve(ids.size());
  for (const std::string& id : ids) chosen.push_back(&find_experiment(id));
  return chosen;
}

}  // namespace

int run_reproduce(const std::vector<std::string>& arguments) {
  CommandLine line("reproduce", "train an experiment of the paper, put theory beside it, draw and judge it",
                   "digon reproduce intro basic-small --out results");
  line.positional("ID", "experiments to run");
  line.flag("list", "list the experiments and exit");
  line.option("out", "DIR", "folder for the results, a subfolder an experiment", "results");
  declare_seed_and_threads(line);
  if (!line.parse(arguments)) return 0;
  if (line.has("list")) {
    for (const Experiment& experiment : experiments())
      fmt::print("{:<14} {}\n", experiment.id, experiment.summary);
    return 0;
  }
  const std::vector<const Experiment*> chosen = chosen_experiments(line.list("ID"));
  const ExperimentOptions options{line.text("out"), read_seed(line), read_threads(line)};
  require_folder(options.out);

  bool agreed = true;
  for (const Experiment* experiment : chosen) {
    const std::optional<std::vector<Check>> checks = reproduce(*experiment, options);
    if (!checks) {
      fmt::print(stderr, "digon: interrupted; finished experiments are kept in {}\n", options.out.string());
      return exit_interrupted;
    }
    fmt::print("{}\n", to_text(*checks));
    agreed = agreed && all_pass(*checks);
  }
  fmt::print("Figures, tables and weights are in {}\n", options.out.string());
  return agreed ? 0 : exit_failed;
}

}  // namespace digon
