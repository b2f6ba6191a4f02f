#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <mutex>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/base/version.hpp"
#include "core/files/run.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "geometry/named_geometry.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/search_options.hpp"
#include "sweep/kinds/optimum_cell.hpp"
#include "theory/loss/hidden_relu_loss.hpp"

namespace digon {
namespace {

using nlohmann::json;

/// Local minima shown; JSON has all.
constexpr std::size_t most_minima_shown = 20;

constexpr const char* minima_file = "weights.safetensors";
constexpr const char* minima_table = "minima.csv";

CommandLine declare_optimum() {
  CommandLine line("optimum", "the lowest loss any model can have, and the other local minima",
                   "digon optimum --features 2 --hidden 1 --density 0.3 --json");
  line.option("features", "N", "number of features n");
  line.option("hidden", "M", "hidden dimensions m");
  declare_features(line);
  line.option(
      "kind", "KIND",
      "relu-output, relu-hidden or absolute-value; the last two are searched for on fixed samples, and "
      "the lowest loss is stated by others; the linear model's optimum is known: 'digon gap' has it",
      "relu-output");
  line.option("objective", "NAME", "exact: the exact loss at the density; l1: L_1, its sparse limit",
              "exact");
  declare_penalty(line);
  declare_optimum_search(line);
  line.option("out", "DIR",
              "folder for weights.safetensors, an instance a local minimum, and minima.csv; it keeps the "
              "populations, so that the same command goes on where it was cut short");
  line.option("record", "DIR",
              "folder of optima.safetensors and optima.csv: begin with what is known there, add what is new "
              "or lower");
  declare_seed_and_threads(line);
  declare_wait(line);
  line.flag("json", "print JSON at full precision");
  return line;
}

ModelKind read_searched_kind(const CommandLine& line) {
  const std::string name = line.text("kind");
  for (const ModelKind kind : {ModelKind::relu_output, ModelKind::relu_hidden, ModelKind::absolute_value}) {
    if (name == name_of(kind)) return kind;
  }
  reject("--kind: '{}' given; accepted: relu-output, relu-hidden, absolute-value", name);
}

SharedObjective read_objective(const CommandLine& line, Eigen::Index n) {
  const ModelKind kind = read_searched_kind(line);
  const std::string name = line.text("objective");
  if (name == "l1") {
    if (kind != ModelKind::relu_output) {
      reject("--objective: l1 given with --kind {}; accepted there: exact", name_of(kind));
    }
    for (const char* option : {"density", "sparsity", "correlated", "anticorrelated", "active", "data"}) {
      if (line.has(option)) {
        reject("--{}: L_1 is the limit of density 0; accepted: none with --objective l1", option);
      }
    }
    FeatureDistribution features{Eigen::VectorXd::Zero(n), Eigen::VectorXd::Ones(n), read_values(line)};
    if (line.has("importance"))
      features.importance = parse_importance("--importance", line.text("importance"), n);
    return {features, true};
  }
  if (name != "exact") reject("--objective: '{}' given; accepted: exact, l1", name);
  if (!line.has("density") && !line.has("sparsity") && !line.has("active") && !line.has("data")) {
    reject("--density: 0 values given; accepted: one, or --active or --data");
  }
  const ActiveValue usual =
      kind == ModelKind::absolute_value ? ActiveValue::signed_uniform : ActiveValue::uniform;
  const std::vector<FeatureDistribution> features = read_features(line, n, usual);
  if (features.size() != 1) reject("--density: {} values given; accepted: one", features.size());
  return {features.front(), false, {}, kind};
}

json to_rows(const Eigen::MatrixXd& W) {
  json rows = json::array();
  for (Eigen::Index a = 0; a < W.rows(); ++a) rows.push_back(to_json(Eigen::VectorXd(W.row(a))));
  return rows;
}

json describe(const OptimumFound& found, const SharedObjective& shared, double least_eigenvalue) {
  const Descent& best = found.best();
  const Confirmation confirmation = found.confirmation();
  json others = json::array();
  for (const LocalMinimum& minimum : found.minima) {
    others.push_back({{"loss", minimum.at.loss},
                      {"populations", minimum.hits()},
                      {"gradient_norm", minimum.at.gradient_norm}});
  }
  return {{"loss", best.loss},
          {"W", to_rows(best.model.W)},
          {"b", to_json(best.model.b)},
          {"gradient_norm", best.gradient_norm},
          {"min_hessian_eigenvalue", least_eigenvalue},
          {"penalty", describe(shared.penalty)},
          {"coherence", coherence_of_present(best.model.W)},
          {"geometry", describe_geometry(best.model.W).name},
          {"populations", confirmation.populations},
          {"agreeing", confirmation.agreeing},
          {"confirmed", confirmation.is_confirmed()},
          {"recorded", confirmation.recorded.empty() ? json() : json(confirmation.recorded)},
          {"descents", found.descents},
          {"minima", others}};
}

void print_text(const OptimumFound& found, const SharedObjective& shared, double least_eigenvalue) {
  const Descent& best = found.best();
  const std::string penalty = describe(shared.penalty);
  fmt::print("lowest loss known {:.12g}{}, {} ({} descents); gradient {:.1e}{}\n{}, coherence {:.6f}\n",
             best.loss, penalty.empty() ? "" : " with " + penalty,
             describe_confirmation(found.confirmation()), found.descents, best.gradient_norm,
             std::isnan(least_eigenvalue)
                 ? ""
                 : fmt::format(", least Hessian eigenvalue off rotations {:.3g}", least_eigenvalue),
             describe_geometry(best.model.W).name, coherence_of_present(best.model.W));
  Table weights{{"feature", "b", "norm", "W_i"}, {}};
  if (best.model.W_out.size() > 0) weights.columns.emplace_back("row i of W_out");
  for (Eigen::Index i = 0; i < best.model.features(); ++i) {
    std::string column;
    for (const double w : best.model.W.col(i)) column += fmt::format("{:+.6f} ", w);
    std::vector<std::string> row{fmt::format("{}", i), fmt::format("{:+.6f}", best.model.b[i]),
                                 fmt::format("{:.6f}", best.model.W.col(i).norm()), column};
    if (best.model.W_out.size() > 0) {
      std::string out;
      for (const double w : best.model.W_out.row(i)) out += fmt::format("{:+.6f} ", w);
      row.push_back(out);
    }
    weights.add_row(row);
  }
  const std::vector<LocalMinimum>& minima = found.minima;
  Table others{{"local minimum", "loss", "populations", "gradient"}, {}};
  for (std::size_t k = 0; k < std::min(minima.size(), most_minima_shown); ++k) {
    others.add_row({text_of(k), fmt::format("{:.10g}", minima[k].at.loss), text_of(minima[k].hits()),
                    fmt::format("{:.1e}", minima[k].at.gradient_norm)});
  }
  fmt::print("{}\n{}", to_text(weights), to_text(others));
}

void write_minima(const std::filesystem::path& folder, const OptimumFound& found,
                  const SharedObjective& shared, std::uint64_t seed) {
  std::vector<TrainedModel> models;
  Table table{{"instance", "loss", "populations", "gradient_norm", "coherence", "geometry"}, {}};
  for (std::size_t k = 0; k < found.minima.size(); ++k) {
    const LocalMinimum& minimum = found.minima[k];
    models.push_back({minimum.at.model, shared.features, seed});
    table.add_row({text_of(k), text_of(minimum.at.loss), text_of(minimum.hits()),
                   text_of(minimum.at.gradient_norm), text_of(coherence_of_present(minimum.at.model.W)),
                   describe_geometry(minimum.at.model.W).name});
  }
  write_file_atomically(folder / minima_file, serialize_models(models, StoredType::float64));
  write_csv(folder / minima_table, table);
}

/// The lower of what a user's record and Digon's own know.
const RecordedOptimum* lower_of(const RecordedOptimum* one, const RecordedOptimum* other) {
  if (one == nullptr || (other != nullptr && other->loss < one->loss)) return other;
  return one;
}

void add_to(const std::filesystem::path& folder, OptimumRecord record, const OptimumFound& found,
            const FeatureDistribution& features) {
  const Confirmation confirmation = found.confirmation();
  const std::string today = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
  const RecordChange change =
      add_to_record(record, {features, found.best().model, found.best().loss, confirmation.agreeing,
                             confirmation.populations, today, version});
  if (change != RecordChange::none) write_optimum_record(folder, record);
  fmt::print(stderr, "record: {}\n",
             change == RecordChange::none      ? "unchanged"
             : change == RecordChange::added   ? "added"
             : change == RecordChange::lowered ? "lowered"
                                               : "found by more populations");
}

}  // namespace

int run_optimum(const std::vector<std::string>& arguments) {
  CommandLine line = declare_optimum();
  if (!line.parse(arguments)) return 0;
  const auto n = Eigen::Index(line.integer("features", 1, 1000));
  const auto m = Eigen::Index(line.integer("hidden", 1, 1000));
  SharedObjective shared = read_objective(line, n);
  shared.penalty = read_penalty(line);
  const bool is_estimated = has_relu_hidden(shared.kind);
  const bool has_record =
      !shared.one_sparse && shared.penalty.is_none() && !shared.features.data && !is_estimated;
  if (line.has("record") && !has_record) {
    reject("--record: given with {}; accepted: with the exact loss alone",
           is_estimated           ? "--kind " + std::string(name_of(shared.kind))
           : shared.one_sparse    ? "--objective l1"
           : shared.features.data ? "--data"
                                  : "a penalty");
  }
  const Objective objective = objective_of(shared);
  OptimumSearchOptions options = read_optimum_search(line, shared.kind);
  options.seed = read_seed(line);
  options.threads = read_threads(line);

  OptimumRecord record;
  if (line.has("record")) {
    require_folder(line.text("record"));
    record = read_optimum_record(line.text("record"));
    options.even_if_recorded = true;
  }
  const auto claimed = claim_out(line);
  std::unique_ptr<RunStore> store;
  if (line.has("out")) {
    const std::filesystem::path folder = line.text("out");
    if (std::filesystem::exists(folder / minima_file) && !std::filesystem::exists(folder / minima_table)) {
      reject("--out: '{}' has a {} of another command; accepted: a folder without one", folder.string(),
             minima_file);
    }
    if (!line.has("seconds") && !shared.features.data)
      store = std::make_unique<RunStore>(folder / "results.db");
  }
  const RecordedOptimum* known = has_record ? lower_of(find_recorded(record, shared.features, m),
                                                       find_recorded(recorded_optima(), shared.features, m))
                                            : nullptr;

  const OptimumFound found = [&] {
    Progress progress("optimum", options.populations * options.evolution.descents);
    std::mutex lowest_so_far;
    double lowest = std::numeric_limits<double>::infinity();
    options.evolution.progress = [&](double value) {
      {
        const std::lock_guard lock(lowest_so_far);
        if (value < lowest) progress.note(fmt::format("lowest {:.10g}", lowest = value));
      }
      progress.advance(1);
    };
    if (line.has("seconds") || shared.features.data)  // cells know neither
      return search_optimum(objective, n, m, options, {}, {}, known);
    return search_optimum_shared(shared, m, options, known, store.get());
  }();
  if (line.has("out")) write_minima(line.text("out"), found, shared, options.seed);
  if (line.has("record") && !interrupted()) add_to(line.text("record"), record, found, shared.features);
  const ToyModel& best = found.best().model;
  std::optional<HiddenReluLoss> stated;
  if (is_estimated) stated = hidden_relu_loss(best, shared.features, stated_options(options.threads));
  // At a bound the Hessian of the loss alone says nothing. Two gradients a parameter, and none is cheap.
  constexpr Eigen::Index most_parameters = 600;
  const bool is_large = best.W.size() + best.b.size() > most_parameters;
  const double least_eigenvalue =
      shared.penalty.max_coherence < 1.0 || is_estimated || is_large || interrupted()
          ? std::numeric_limits<double>::quiet_NaN()
          : hessian_eigenvalues(hessian(objective, best), best).minCoeff();
  if (line.has("json")) {
    json described = describe(found, shared, least_eigenvalue);
    described["features"] = to_json(shared.features);
    described["kind"] = name_of(shared.kind);
    if (best.W_out.size() > 0) described["W_out"] = to_rows(best.W_out);
    if (stated) {
      described["stated_loss"] = stated->loss;
      described["stated_error"] = stated->error;
    }
    fmt::print("{}\n", dump_json(described));
  } else {
    fmt::print("features {}\n", shared.one_sparse ? describe_law(shared.features) + ", L_1"
                                                  : describe_features(shared.features));
    print_text(found, shared, least_eigenvalue);
    if (stated) {
      fmt::print("by samples that the search has not seen: loss {:.8g} ± {:.1e} (95%), of it {:.8g} exact\n",
                 stated->loss, stated->error, stated->exact_part());
    }
  }
  if (!interrupted()) return 0;
  fmt::print(stderr,
             "digon: interrupted; the minima are the lowest so far, of populations cut short as their "
             "descents left them\n");
  return exit_interrupted;
}

}  // namespace digon
