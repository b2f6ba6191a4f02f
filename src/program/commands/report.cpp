#include <fmt/format.h>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/search_options.hpp"
#include "program/commands/shard.hpp"
#include "program/commands/verification.hpp"
#include "program/report/model_report.hpp"
#include "program/report/report_page.hpp"

namespace digon {
namespace {

constexpr const char* page_file = "report.html";
constexpr const char* store_file = "results.db";

/// The page of a verification: every experiment with its figures, predictions beside measurements.
Report report_of(const Verification& verification, const std::vector<VerifiedPart>& parts) {
  Report report;
  report.title = "Digon: theory and trained models of superposition";
  report.summary = fmt::format(
      "Every checkable claim beside what was measured: by the exact theory, by packings found from random "
      "starts, and by trained models ({} preset, seed {}).",
      name_of(verification.preset), verification.seed);
  report.key_figures = {"intro", "basic-small", "phase-2-1", "geometry-uniform", "dynamics-jumps"};
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

/// Whether a folder holds a training rather than a verification.
bool is_training(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "run.json") &&
         std::filesystem::exists(folder / "weights.safetensors") &&
         !std::filesystem::exists(folder / store_file);
}

/// A bare 'digon report' reads results, which it does not make: that takes minutes.
void require_results(const CommandLine& line) {
  const std::filesystem::path out = line.text("out");
  if (line.given("out") || std::filesystem::exists(out / "verdict.json")) return;
  reject(
      "report: makes a page of a verification, and {} holds none; 'digon verify' makes it, in minutes, "
      "'digon report "
      "--out {}' both; accepted too: --model FILE, or --out DIR of a training",
      out.string(), out.string());
}

int write_page(const Report& report, const std::filesystem::path& out) {
  write_file_atomically(out / page_file, to_html(report));
  fmt::print("{}\n", (out / page_file).string());
  return 0;
}

/// The page of trained weights.
int report_model(const CommandLine& line, const std::filesystem::path& out) {
  line.refuse({"suite", "preset"},
              "given with --model or the folder of a training; accepted of a verification");
  const std::vector<LoadedModel> chosen = read_models(line);
  ModelReportOptions options{line.text("model"), out, read_optimum_search(line, chosen.front().model.kind)};
  options.search.seed = read_seed(line);
  options.search.threads = read_threads(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  const auto lock = claim_folder(line, out);
  try {
    return write_page(model_report(options, chosen, features), out);
  } catch (const Interrupted&) {
    fmt::print(stderr, "digon: interrupted; the page is not written\n");
    return exit_interrupted;
  }
}

/// The page of a verification, which is run where it is missing.
int report_verification(const CommandLine& line) {
  const std::string with_model = "given without --model; accepted: with --model alone";
  line.refuse(feature_options(), with_model);
  line.refuse(
      {"instance", "kind", "layout", "weights", "bias", "weights-out", "populations", "descents", "seconds"},
      with_model);
  require_results(line);
  const Verification verification = read_verification(line);
  const auto lock = claim_folder(line, verification.out);
  RunStore store(verification.out / store_file);
  try {
    const std::vector<VerifiedPart> parts = verify(verification, store);
    write_page(report_of(verification, parts), verification.out);
    return all_pass(checks_of(parts)) ? 0 : exit_failed;
  } catch (const Interrupted&) {
    return explain_interrupted(verification.out, store);
  }
}

}  // namespace

int run_report(const std::vector<std::string>& arguments) {
  CommandLine line(
      "report",
      "one HTML page that needs no network: the verdict and every figure of a verification, which is run "
      "where it is missing; of a training's folder, or with --model, all there is to say of trained weights",
      "digon report --out results");
  declare_verification(line);
  declare_model(line);
  declare_features(line);
  declare_optimum_search(line);
  if (!line.parse(arguments)) return 0;
  const std::filesystem::path out = line.text("out");
  if (!line.has("model") && is_training(out)) {
    line.give("model", (out / "weights.safetensors").string());
  }
  return line.has("model") ? report_model(line, out) : report_verification(line);
}

}  // namespace digon
