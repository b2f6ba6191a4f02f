#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <utility>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
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

/// What becomes of published statements: how many are confirmed, how many refuted, …
Table outcomes_of(const std::vector<Check>& checks) {
  std::map<std::string, std::size_t> counts;
  for (const Check& check : checks) {
    if (!check.outcome.empty()) ++counts[check.outcome];
  }
  Table table{{"outcome", "claims"}, {}};
  for (const auto& [outcome, count] : counts) table.add_row({outcome, text_of(count)});
  return table;
}

/// The page of a verification: every experiment with its figures, predictions beside measurements; what
/// others published is one section.
Report report_of(const Verification& verification, const std::vector<VerifiedPart>& parts) {
  Report report;
  report.title = "Digon: theory and trained models of superposition";
  report.summary = fmt::format(
      "Every checkable claim beside what was measured: by the exact theory, by packings found from random "
      "starts, and by trained models ({} preset, seed {}).",
      name_of(verification.preset), verification.seed);
  report.key_figures = {"intro", "basic-small", "phase-2-1", "geometry-uniform", "dynamics-jumps"};
  ReportSection published{
      "published", "What others published about exactly these models, beside Digon's numbers.", "", {}, {},
      {}};
  std::vector<Check> of_others;
  for (const VerifiedPart& part : parts) {
    ReportSection section{part.experiment->id,
                          part.experiment->summary,
                          part.command,
                          figures_in(verification.out / part.experiment->id),
                          {},
                          part.checks};
    if (part.experiment->suite == Suite::published) {
      published.command = std::exchange(section.command, "");  // it is that of all of them
      of_others.insert(of_others.end(), part.checks.begin(), part.checks.end());
      published.parts.push_back(std::move(section));
    } else {
      report.sections.push_back(std::move(section));
    }
  }
  if (!published.parts.empty()) {
    published.tables = {outcomes_of(of_others)};
    report.sections.push_back(std::move(published));
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

void write_page(const CommandLine& line, const Report& report, const std::filesystem::path& out) {
  write_file_atomically(out / page_file, to_html(report));
  if (!line.has("json")) fmt::print("{}\n", (out / page_file).string());
}

/// What the user said of a model, for a command about the same: of densities that differ its own. Of no
/// model: all that was said.
std::string options_of(const CommandLine& line, const LoadedModel* model, std::size_t first_instance) {
  std::string words;
  std::vector<std::string> names = feature_options();
  for (const char* option : {"kind", "layout", "weights", "bias", "weights-out"}) names.emplace_back(option);
  for (const std::string& name : names) {
    if (!line.given(name)) continue;
    const std::vector<std::string> values = line.list(name);
    words += " --" + name;
    if (model != nullptr && values.size() > 1) {
      words += " " + values[model->instance - first_instance];
    } else {
      words += fmt::format(" {}", fmt::join(values, " "));
    }
  }
  return words;
}

/// The numbers of the page, a model an object.
void print_models(const ModelReport& report, const std::filesystem::path& out) {
  nlohmann::json printed = nlohmann::json::array();
  for (std::size_t k = 0; k < report.models.size(); ++k) {
    const ModelNumbers& model = report.models[k];
    const FeatureGeometry geometry = feature_geometry(model.loaded->model.W);
    nlohmann::json object = model_answer(*model.loaded, model.features);
    object["page"] = (out / page_file).string();
    object["loss"] = *model.loss;
    object["loss_per_feature"] = *model.loss / double(model.features->features());
    object["error"] = model.error;
    object["loss_is"] = model.loss_is;
    object["dimensions_per_feature"] = geometry.dimensions_per_feature;
    object["capacity"] = geometry.dimensionality.sum();
    object["geometry"] = describe_geometry(model.loaded->model.W).name;
    if (model.gap) {
      object["best_optimum"] = model.gap->best;
      object["gap"] = model.gap->absolute();
      object["relative_gap"] = model.gap->relative();
      object["local_minimum"] = model.gap->local;
    } else {
      leave_out(object, {"best_optimum", "gap", "relative_gap", "local_minimum"},
                "theory knows no optimum of this model and law");
    }
    if (report.best_files[k].empty()) {
      leave_out(object, {"best_file"}, "it is not the best of several models of its law, or a snapshot");
    } else {
      object["best_file"] = report.best_files[k];
    }
    printed.push_back(std::move(object));
  }
  print_answers(printed);
}

/// The page of trained weights.
int report_model(const CommandLine& line, const std::filesystem::path& out) {
  line.refuse({"suite", "preset"},
              "given with --model or the folder of a training; accepted of a verification");
  const std::vector<LoadedModel> chosen = read_models(line);
  ModelReportOptions options{
      line.text("model"),
      [&](const LoadedModel* model) { return options_of(line, model, chosen.front().instance); }, out,
      read_optimum_search(line, chosen.front().model.kind)};
  options.search.seed = read_seed(line);
  options.search.threads = read_threads(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  const auto lock = claim_folder(line, out);
  try {
    const ModelReport report = model_report(options, chosen, features);
    write_page(line, report.page, out);
    if (line.has("json")) print_models(report, out);
    return 0;
  } catch (const Interrupted&) {
    fmt::print(stderr, "digon: interrupted; the page is not written\n");
    return exit_interrupted;
  }
}

/// The page of a verification, which is run where it is missing.
int report_verification(const CommandLine& line) {
  const std::string with_model = "given without --model; accepted: with --model alone";
  line.refuse(feature_options(), with_model);
  line.refuse({"instance", "step", "kind", "layout", "weights", "bias", "weights-out", "populations",
               "descents", "seconds"},
              with_model);
  require_results(line);
  const Verification verification = read_verification(line);
  const auto lock = claim_folder(line, verification.out);
  RunStore store(verification.out / store_file);
  try {
    const std::vector<VerifiedPart> parts = verify(verification, store);
    write_page(line, report_of(verification, parts), verification.out);
    if (line.has("json")) fmt::print("{}\n", dump_json(to_json(checks_of(parts))));
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
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  const std::filesystem::path out = line.text("out");
  if (!line.has("model") && is_training(out)) {
    line.give("model", (out / "weights.safetensors").string());
  }
  return line.has("model") ? report_model(line, out) : report_verification(line);
}

}  // namespace digon
