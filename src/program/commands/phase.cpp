#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parse_number.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/search_options.hpp"
#include "program/commands/shard.hpp"
#include "program/experiments/phase_diagram.hpp"
#include "sweep/sweep.hpp"

namespace digon {
namespace {

CommandLine declare_phase() {
  CommandLine line(
      "phase", "the phase diagram of n features in n − 1 dimensions: hand-built candidates and exact optimum",
      "digon phase --features 2 --hidden 1 --grid 64 --density 0.01:1 --relative-importance 0.1:10 --out "
      "phase");
  line.option("features", "N", "number of features n, 2 or 3", "2");
  line.option("hidden", "M", "hidden dimensions m = n − 1", "1");
  line.option("grid", "G", "cells along each axis, even in the logarithm", "32");
  line.option("density", "LO:HI", "range of the density 1 − S", "0.01:1");
  line.option("relative-importance", "LO:HI", "range of the last feature's importance over the others'",
              "0.1:10");
  declare_values(line);
  declare_penalty(line);
  declare_seed_and_threads(line);
  declare_shard(line);
  declare_wait(line);
  line.option("out", "DIR", "folder for phase.csv, boundary.csv and the figure phase.svg, .png, .gp");
  return line;
}

/// The G values, even in the logarithm, of an option "LO:HI" with 0 < LO < HI ≤ greatest.
Eigen::VectorXd read_range(const CommandLine& line, const std::string& name, Eigen::Index count,
                           double greatest) {
  const std::string text = line.text(name);
  const auto range = parse_range(text);
  if (!range || !(range->first > 0.0 && range->first < range->second && range->second <= greatest)) {
    reject("--{}: '{}' given; accepted: LO:HI with 0 < LO < HI ≤ {}", name, text, greatest);
  }
  return logarithmic_grid(count, range->first, range->second);
}

/// The law of a phase diagram is what its axes say.
void refuse_other_laws(const std::vector<std::string>& arguments) {
  for (const char* option :
       {"--sparsity", "--importance", "--correlated", "--anticorrelated", "--active", "--data", "--kind"}) {
    if (std::find(arguments.begin(), arguments.end(), option) == arguments.end()) continue;
    reject(
        "{}: given to phase, whose ReLU output models have independent features of one density; accepted: "
        "--density LO:HI, --relative-importance LO:HI, --values",
        option);
  }
}

}  // namespace

int run_phase(const std::vector<std::string>& arguments) {
  refuse_other_laws(arguments);
  CommandLine line = declare_phase();
  if (!line.parse(arguments)) return 0;
  const auto n = Eigen::Index(line.integer("features", 2, 3));
  const auto m = Eigen::Index(line.integer("hidden", 1, 2));
  if (m != n - 1) reject("--hidden: {} given with --features {}; accepted: {}", m, n, n - 1);
  const auto grid = Eigen::Index(line.integer("grid", 2, 1000));
  const PhaseGrid cells{n, read_range(line, "density", grid, 1.0),
                        read_range(line, "relative-importance", grid, 1e6), read_values(line),
                        read_penalty(line)};
  const std::uint64_t seed = read_seed(line);
  const std::size_t threads = read_threads(line);
  const std::filesystem::path folder = line.text("out");
  const auto lock = claim_results(line, folder);

  nlohmann::json settings{{"features", n},
                          {"grid", grid},
                          {"density", line.text("density")},
                          {"relative_importance", line.text("relative-importance")},
                          {"seed", seed},
                          {"values", name_of(cells.values)}};
  if (!cells.penalty.is_none()) settings["penalty"] = describe(cells.penalty);
  const std::unique_ptr<RunStore> store = open_store(line, folder, settings);
  std::vector<PhaseCell> phases;
  std::vector<Transition> transitions;
  try {
    phases = compute_phases(*store, cells, seed, threads);
    transitions = find_transitions(*store, cells, phases, threads);
  } catch (const Interrupted&) {
    return explain_interrupted(folder, *store);
  } catch (const LeftToShards&) {
    return explain_left_to_shards(folder);
  }
  write_csv(folder / "phase.csv", phase_table(phases));
  write_csv(folder / "boundary.csv", boundary_table(transitions));
  draw_phases(folder / "phase", phase_diagram(cells, phases, transitions));
  fmt::print("values {}{}\n", describe_values(cells.values),
             cells.penalty.is_none() ? "" : "; penalty " + describe(cells.penalty));
  std::map<Phase, std::size_t> counts;
  for (const PhaseCell& each : phases) ++counts[each.exact.phase];
  for (const auto& [phase, count] : counts)
    fmt::print("{}: {} of {} cells\n", name_of(phase), count, cells.cells());
  fmt::print("Tables and figure are in {}\n", folder.string());
  return 0;
}

}  // namespace digon
