#include <fmt/format.h>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/verification.hpp"
#include "program/report/model_report.hpp"
#include "program/report/report_page.hpp"

namespace digon {
namespace {

constexpr const char* page_file = "report.html";

/// The page of a verification: every experiment with its figures, predictions beside measurements.
Report report_of(const Verification& verification, const std::vector<VerifiedPart>& parts) {
  Report report;
  report.title = "Digon: theory and trained models of superposition";
  report.summary = fmt::format(
      "Every checkable claim beside what was measured: by the exact theory, by packings found from random "
      "starts, and "
      "by trained models ({} preset, seed {}). Point at the dots and cells of a figure for their numbers, or "
      "step "
      "through them with the arrow keys.",
      verification.preset == Preset::quick ? "quick" : "full", verification.seed);
  for (const VerifiedPart& part : parts) {
    report.sections.push_back({part.experiment,
                               part.summary,
                               part.command,
                               figures_in(verification.out / part.experiment),
                               {},
                               part.checks});
  }
  return report;
}

int interrupted_report(const std::filesystem::path& out) {
  fmt::print(stderr, "digon: interrupted; what is finished is kept in {}\n", out.string());
  return exit_interrupted;
}

}  // namespace

int run_report(const std::vector<std::string>& arguments) {
  CommandLine line(
      "report",
      "one HTML page that needs no network: the verdict and every figure of a verification, which is run "
      "where it is missing; with --model, all there is to say of trained weights",
      "digon report --out results");
  declare_verification(line);
  declare_model(line);
  declare_features_of_models(line);
  line.option("starts", "K", "of --model: random starts of the search for the optimum", "16");
  if (!line.parse(arguments)) return 0;
  const std::filesystem::path out = line.text("out");
  Report report;
  bool agreed = true;
  if (line.has("model")) {
    const ModelReportOptions options{line.text("model"), out, line.integer("starts", 1, 1'000'000),
                                     read_seed(line), read_threads(line)};
    const std::vector<ChosenModel> chosen = read_models(line);
    const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
    require_folder(out);
    std::optional<Report> of_model = model_report(options, chosen, features);
    if (!of_model) return interrupted_report(out);
    report = std::move(*of_model);
  } else {
    for (const char* option : {"instance", "density", "sparsity", "importance"}) {
      if (line.has(option)) reject("--{}: given without --model; accepted: with --model alone", option);
    }
    const Verification verification = read_verification(line);
    require_folder(out);
    const auto parts = verify(verification);
    if (!parts) return interrupted_report(out);
    agreed = all_pass(checks_of(*parts));
    report = report_of(verification, *parts);
  }
  write_file_atomically(out / page_file, to_html(report));
  fmt::print("{}\n", (out / page_file).string());
  return agreed ? 0 : exit_failed;
}

}  // namespace digon
