#include <fmt/format.h>

#include <algorithm>

#include "core/atomic_file.hpp"
#include "program/command_line.hpp"
#include "program/commands.hpp"
#include "program/experiment.hpp"

namespace digon {

int run_verify(const std::vector<std::string>& arguments) {
  CommandLine line("verify",
                   "run every experiment that is missing, and say whether theory and trained models agree",
                   "digon verify --out results");
  line.option("out", "DIR", "folder of the results; what is there already is not trained again", "results");
  declare_seed_and_threads(line);
  line.flag("json", "print the verdict as JSON");
  if (!line.parse(arguments)) return 0;
  const ExperimentOptions options{line.text("out"), read_seed(line), read_threads(line)};
  require_folder(options.out);

  std::vector<Check> all;
  for (const Experiment& experiment : experiments()) {
    const std::optional<std::vector<Check>> checks = reproduce(experiment, options);
    if (!checks) {
      fmt::print(stderr, "digon: interrupted; finished experiments are kept in {}\n", options.out.string());
      return exit_interrupted;
    }
    all.insert(all.end(), checks->begin(), checks->end());
  }
  write_verdict(options.out / "verdict.json", all);
  if (line.has("json")) {
    fmt::print("{}\n", to_json(all).dump());
  } else {
    const auto passed = std::count_if(all.begin(), all.end(), [](const Check& check) { return check.pass; });
    fmt::print("{}\n{} of {} checks pass: theory and trained models {}.\n", to_text(all), passed, all.size(),
               all_pass(all) ? "agree" : "DISAGREE");
  }
  return all_pass(all) ? 0 : exit_failed;
}

}  // namespace digon
