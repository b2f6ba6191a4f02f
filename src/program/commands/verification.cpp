#include "program/commands/verification.hpp"

#include <fmt/format.h>

#include "core/base/named_choice.hpp"
#include "program/commands/output_folder.hpp"
#include "program/experiments/driver.hpp"

namespace digon {
namespace {

constexpr NamedChoices<std::optional<Suite>, 5> suite_choices{{{std::nullopt, "all"},
                                                               {Suite::theory, "theory"},
                                                               {Suite::packing, "packing"},
                                                               {Suite::empirical, "empirical"},
                                                               {Suite::published, "published"}}};

std::string command_of(const Experiment& experiment, const Verification& verification) {
  const std::string what =
      experiment.suite == Suite::empirical
          ? "reproduce " + experiment.id
          : fmt::format("verify --suite {}", name_in<std::optional<Suite>>(suite_choices, experiment.suite));
  return fmt::format("digon {} --preset {} --out {}", what, name_of(verification.preset),
                     verification.out.string());
}

}  // namespace

void declare_preset(CommandLine& line) {
  line.option("preset", "NAME", "quick: enough to see it; paper: the paper's size", "quick");
}

Preset read_preset(const CommandLine& line) {
  return parse_preset("--preset", line.text("preset"));
}

void declare_verification(CommandLine& line) {
  line.option("out", "DIR", "folder of the results; what is there already is not computed again", "results");
  line.option(
      "suite", "NAME",
      "theory: what is known without training; packing: known optima of packings; empirical: trained models; "
      "published: what others published of these models; all",
      "all");
  declare_preset(line);
  declare_seed_and_threads(line);
  declare_wait(line);
}

Verification read_verification(const CommandLine& line) {
  return {line.text("out"), parse_choice(suite_choices, "--suite", "a suite", line.text("suite")),
          read_preset(line), read_seed(line), read_threads(line)};
}

std::vector<Check> checks_of(const std::vector<VerifiedPart>& parts) {
  std::vector<Check> all;
  for (const VerifiedPart& part : parts) all.insert(all.end(), part.checks.begin(), part.checks.end());
  return all;
}

std::vector<VerifiedPart> verify(const Verification& verification, RunStore& store) {
  const ExperimentContext context{verification.out, verification.preset, verification.seed,
                                  verification.threads, store};
  std::vector<const Experiment*> chosen;
  for (const Experiment& experiment : catalog()) {
    if (!verification.suite || *verification.suite == experiment.suite) chosen.push_back(&experiment);
  }
  std::vector<VerifiedPart> verified;
  reproduce_all(chosen, context, [&](const Experiment& experiment, const auto& checks) {
    verified.push_back({&experiment, command_of(experiment, verification), checks.value()});
  });
  write_verdict(verification.out / "verdict.json", checks_of(verified));
  return verified;
}

}  // namespace digon
