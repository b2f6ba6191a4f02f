#include <fmt/format.h>

#include <algorithm>

#include "core/atomic_file.hpp"
#include "core/input_error.hpp"
#include "program/command_line.hpp"
#include "program/commands.hpp"
#include "program/experiments/catalog.hpp"
#include "program/experiments/condition_experiment.hpp"
#include "program/packing_suite.hpp"

namespace digon {

int run_verify(const std::vector<std::string>& arguments) {
  CommandLine line("verify",
                   "run every experiment that is missing, and say whether theory and trained models agree",
                   "digon verify --out results");
  line.option("out", "DIR", "folder of the results; what is there already is not trained again", "results");
  line.option("suite", "NAME", "empirical: trained models; packing: known optima of packings; all", "all");
  declare_seed_and_threads(line);
  line.flag("json", "print the verdict as JSON");
  if (!line.parse(arguments)) return 0;
  const ExperimentOptions options{line.text("out"), read_seed(line), read_threads(line)};
  const std::string suite = line.text("suite");
  if (suite != "all" && suite != "empirical" && suite != "packing") {
    reject("--suite: '{}' given; accepted: all, empirical, packing", suite);
  }
  require_folder(options.out);

  std::vector<Check> all;
  const auto add = [&](const std::optional<std::vector<Check>>& checks) {
    if (checks) all.insert(all.end(), checks->begin(), checks->end());
    return checks.has_value();
  };
  bool finished = true;
  if (suite != "packing") {
    RunStore store(options.out / "results.db");
    for (const CatalogEntry& entry : catalog()) {
      const ExperimentContext context{options.out,  options.out / entry.id, Preset::quick,
                                      options.seed, options.threads,        store};
      finished = finished && add(reproduce(entry, context));
    }
  }
  if (suite != "empirical") finished = finished && add(packing_suite(options));
  if (!finished) {
    fmt::print(stderr, "digon: interrupted; finished experiments are kept in {}\n", options.out.string());
    return exit_interrupted;
  }
  write_verdict(options.out / "verdict.json", all);
  if (line.has("json")) {
    fmt::print("{}\n", to_json(all).dump());
  } else {
    const auto passed = std::count_if(all.begin(), all.end(), [](const Check& check) { return check.pass; });
    fmt::print("{}\n{} of {} checks pass: theory and measurement {}.\n", to_text(all), passed, all.size(),
               all_pass(all) ? "agree" : "DISAGREE");
  }
  return all_pass(all) ? 0 : exit_failed;
}

}  // namespace digon
