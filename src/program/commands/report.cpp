#include <fmt/format.h>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/search_options.hpp"
#include "program/commands/shard.hpp"
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
      "starts, and by trained models ({} preset, seed {}). Point at the dots and cells of a figure for their "
      "numbers, or step through them with the arrow keys.",
      name_of(verification.preset), verification.seed);
  for (const VerifiedPart& part : parts) {
    report.sections.push_back({part.experiment->id,
                               part.experiment->summary,
                               part.command,
                               figures_in(verification.out / part.experiment->id),
                               {},
                               part.checks});
  }
  return report;
}

Report report_on_model(const CommandLine& line, const std::filesystem::path& out) {
  ModelReportOptions options{line.text("model"), out, read_optimum_search(line)};
  options.search.seed = read_seed(line);
  options.search.threads = read_threads(line);
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  require_folder(out);
  return model_report(options, chosen, features);
}

Verification read_report_of_verification(const CommandLine& line) {
  std::vector<std::string> of_models = feature_options();
  of_models.insert(of_models.end(), {"instance", "kind"});
  for (const std::string& option : of_models) {
    if (line.has(option)) reject("--{}: given without --model; accepted: with --model alone", option);
  }
  Verification verification = read_verification(line);
  require_folder(verification.out);
  return verification;
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
  declare_features(line);
  declare_optimum_search(line);
  if (!line.parse(arguments)) return 0;
  const std::filesystem::path out = line.text("out");
  Report report;
  bool agreed = true;
  try {
    if (line.has("model")) {
      report = report_on_model(line, out);
    } else {
      const Verification verification = read_report_of_verification(line);
      const std::vector<VerifiedPart> parts = verify(verification);
      agreed = all_pass(checks_of(parts));
      report = report_of(verification, parts);
    }
  } catch (const Interrupted&) {
    return explain_interrupted(out);
  }
  write_file_atomically(out / page_file, to_html(report));
  fmt::print("{}\n", (out / page_file).string());
  return agreed ? 0 : exit_failed;
}

}  // namespace digon
