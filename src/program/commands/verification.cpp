#include "program/commands/verification.hpp"

#include "core/base/named_choice.hpp"
#include "program/experiments/packing_suite.hpp"
#include "program/experiments/theory_suite.hpp"

namespace digon {
namespace {

constexpr NamedChoices<Suite, 4> suite_names{{{Suite::all, "all"},
                                              {Suite::theory, "theory"},
                                              {Suite::packing, "packing"},
                                              {Suite::empirical, "empirical"}}};

constexpr NamedChoices<Preset, 2> preset_names{{{Preset::quick, "quick"}, {Preset::paper, "full"}}};

/// A part of a verification, and how it is measured.
struct Part {
  Suite suite = Suite::all;
  VerifiedPart verified;
  std::function<std::optional<std::vector<Check>>(const ExperimentContext&)> run;
};

std::vector<Part> parts_of(const Verification& verification) {
  const std::string out = " --out " + verification.out.string();
  const std::string preset(verification.preset == Preset::quick ? "quick" : "paper");
  std::vector<Part> parts;
  parts.push_back(
      {Suite::theory,
       {"theory",
        "What is known without training, by the exact theory.",
        "digon verify --suite theory" + out,
        {}},
       [](const ExperimentContext& context) { return theory_suite(context.seed, context.threads); }});
  for (const CatalogEntry& entry : catalog()) {
    parts.push_back(
        {Suite::empirical,
         {entry.id, entry.summary, "digon reproduce " + entry.id + " --preset " + preset + out, {}},
         [&entry](const ExperimentContext& context) { return reproduce(entry, context); }});
  }
  parts.push_back({Suite::packing,
                   {"packings",
                    "Packings found from random starts beside the known optima.",
                    "digon verify --suite packing" + out,
                    {}},
                   &packing_suite});
  return parts;
}

}  // namespace

void declare_verification(CommandLine& line) {
  line.option("out", "DIR", "folder of the results; what is there already is not computed again", "results");
  line.option(
      "suite", "NAME",
      "theory: what is known without training; packing: known optima of packings; empirical: trained models; "
      "all",
      "all");
  line.option("preset", "NAME", "quick: minutes; full: the paper's size", "quick");
  declare_seed_and_threads(line);
}

Verification read_verification(const CommandLine& line) {
  return {line.text("out"), parse_choice(suite_names, "--suite", "a suite", line.text("suite")),
          parse_choice(preset_names, "--preset", "a preset", line.text("preset")), read_seed(line),
          read_threads(line)};
}

std::vector<Check> checks_of(const std::vector<VerifiedPart>& parts) {
  std::vector<Check> all;
  for (const VerifiedPart& part : parts) all.insert(all.end(), part.checks.begin(), part.checks.end());
  return all;
}

std::optional<std::vector<VerifiedPart>> verify(const Verification& verification) {
  RunStore store(verification.out / "results.db");
  std::vector<VerifiedPart> verified;
  for (Part& part : parts_of(verification)) {
    if (verification.suite != Suite::all && verification.suite != part.suite) continue;
    const std::string& experiment = part.verified.experiment;
    const std::optional<std::vector<Check>> checks =
        part.run({verification.out, verification.out / experiment, verification.preset, verification.seed,
                  verification.threads, store});
    if (!checks) return std::nullopt;
    part.verified.checks = *checks;
    const std::vector<Check> missing = unanswered(experiment, *checks);
    part.verified.checks.insert(part.verified.checks.end(), missing.begin(), missing.end());
    verified.push_back(std::move(part.verified));
  }
  write_verdict(verification.out / "verdict.json", checks_of(verified));
  return verified;
}

}  // namespace digon
