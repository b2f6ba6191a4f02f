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
#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "geometry/named_geometry.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/search_options.hpp"
#include "sweep/kinds/optimum_cell.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"

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
      "relu-output; relu-hidden or absolute-value, which are searched for on fixed samples, and whose lowest "
      "loss is stated by others; or linear, whose optimum is known in closed form",
      "relu-output");
  line.option("objective", "NAME", "exact: the exact loss at the density; l1: L_1, its sparse limit",
              "exact");
  declare_penalty(line);
  declare_optimum_search(line);
  line.option("from", "FILE",
              "weights to descend from besides, e.g. trained ones; with --populations 0 from nothing else");
  line.option("out", "DIR",
              "folder for weights.safetensors, an instance a local minimum, and minima.csv; it keeps the "
              "populations, so that the same command goes on where it was cut short");
  line.option("record", "DIR",
              "folder of optima.safetensors and optima.csv: begin with what is known there, add what is new "
              "or lower");
  declare_seed_and_threads(line);
  declare_wait(line);
  declare_json(line);
  return line;
}

SharedObjective read_objective(const CommandLine& line, Eigen::Index n) {
  const ModelKind kind = parse_model_kind("--kind", line.text("kind"));
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

/// The linear model's optimum needs no search.
OptimumFound linear_found(const FeatureDistribution& features, Eigen::Index hidden) {
  OptimumFound found;
  found.minima.push_back({{linear_optimum(features, hidden), linear_optimum_loss(features, hidden)}, {}});
  return found;
}

std::string how_found(const OptimumFound& found) {
  if (found.best().model.kind == ModelKind::linear) return "known in closed form";
  return fmt::format("{} ({} descents)", describe_confirmation(found.confirmation()), found.descents);
}

json describe(const OptimumFound& found, const SharedObjective& shared, double least_eigenvalue,
              const std::optional<HiddenReluLoss>& stated) {
  const Descent& best = found.best();
  const Confirmation confirmation = found.confirmation();
  json others = json::array();
  for (const LocalMinimum& minimum : found.minima) {
    others.push_back({{"loss", minimum.at.loss},
                      {"populations", minimum.hits()},
                      {"gradient_norm", minimum.at.gradient_norm}});
  }
  json object = model_answer({best.model, shared.features}, &shared.features);
  object.update({{"objective", shared.one_sparse ? "l1" : "exact"},
                 {"loss", best.loss},
                 {"loss_per_feature", best.loss / double(best.model.features())},
                 {"W", to_rows(best.model.W)},
                 {"b", to_json(best.model.b)},
                 {"gradient_norm", best.gradient_norm},
                 {"penalty", describe(shared.penalty)},
                 {"coherence", coherence_of_present(best.model.W)},
                 {"geometry", describe_geometry(best.model.W).name},
                 {"populations", confirmation.populations},
                 {"agreeing", confirmation.agreeing},
                 {"confirmed", confirmation.is_confirmed() || best.model.kind == ModelKind::linear},
                 {"descents", found.descents},
                 {"minima", others}});
  if (confirmation.recorded.empty()) {
    leave_out(object, {"recorded"}, "no record has this optimum, or none was asked for");
  } else {
    object["recorded"] = confirmation.recorded;
  }
  if (std::isnan(least_eigenvalue)) {
    leave_out(object, {"min_hessian_eigenvalue"},
              stated ? "the loss is estimated"
              : best.model.kind == ModelKind::linear
                  ? "the optimum is known in closed form"
                  : "at a bound of the coherence the Hessian says nothing");
  } else {
    object["min_hessian_eigenvalue"] = least_eigenvalue;
  }
  if (best.model.W_out.size() > 0) {
    object["W_out"] = to_rows(best.model.W_out);
  } else {
    leave_out(object, {"W_out"}, "the model is tied");
  }
  if (stated) {
    object["stated_loss"] = stated->loss;
    object["stated_error"] = stated->error;
  } else {
    leave_out(object, {"stated_loss", "stated_error"}, "the loss is exact");
  }
  return object;
}

void print_text(const OptimumFound& found, const SharedObjective& shared, double least_eigenvalue) {
  const Descent& best = found.best();
  const std::string penalty = describe(shared.penalty);
  fmt::print("lowest loss known {:.12g}{}, {}; gradient {:.1e}{}\n{}, coherence {:.6f}\n", best.loss,
             penalty.empty() ? "" : " with " + penalty, how_found(found), best.gradient_norm,
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

/// `loss` as it is stated.
void add_to(const std::filesystem::path& folder, const OptimumFound& found,
            const FeatureDistribution& features, double loss) {
  OptimumRecord record = read_optimum_record(folder);  // again: others may have added to it meanwhile
  const Confirmation confirmation = found.confirmation();
  const std::string today = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
  const RecordChange change = add_to_record(
      record,
      {features, found.best().model, loss, confirmation.agreeing, confirmation.populations, today, version});
  if (change != RecordChange::none) write_optimum_record(folder, record);
  fmt::print(stderr, "record: {}\n",
             change == RecordChange::none      ? "unchanged"
             : change == RecordChange::added   ? "added"
             : change == RecordChange::lowered ? "lowered"
                                               : "found by more populations");
}

/// What there is nothing to do with where the optimum is known.
void refuse_search_options(const CommandLine& line) {
  line.refuse({"penalty", "max-coherence", "populations", "descents", "seconds", "steps", "from", "record"},
              "given with --kind linear, whose optimum is known in closed form; accepted: with another kind");
}

std::vector<ToyModel> read_from(const CommandLine& line, ModelKind kind, Eigen::Index n, Eigen::Index m) {
  std::vector<ToyModel> models;
  if (!line.has("from")) return models;
  for (LoadedModel& loaded : load_models(line.text("from"))) {
    ToyModel& model = loaded.model;
    if (model.kind != kind || model.features() != n || model.hidden() != m) {
      reject(
          "--from: a model of kind {} with {} features in {} dimensions given; accepted: of kind {}, {} in "
          "{}",
          name_of(model.kind), model.features(), model.hidden(), name_of(kind), n, m);
    }
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace

int run_optimum(const std::vector<std::string>& arguments) {
  CommandLine line = declare_optimum();
  if (!line.parse(arguments)) return 0;
  const auto n = Eigen::Index(line.integer("features", 1, 1000));
  const auto m = Eigen::Index(line.integer("hidden", 1, 1000));
  SharedObjective shared = read_objective(line, n);
  const bool is_linear = shared.kind == ModelKind::linear;
  if (is_linear) refuse_search_options(line);
  shared.penalty = read_penalty(line);
  const bool is_estimated = has_relu_hidden(shared.kind);
  const bool has_record =
      !shared.one_sparse && shared.penalty.is_none() && !shared.features.data && !is_linear;
  if (line.has("record") && !has_record) {
    reject("--record: given with {}; accepted: with the loss alone, of a law",
           shared.one_sparse      ? "--objective l1"
           : shared.features.data ? "--data"
                                  : "a penalty");
  }
  const std::vector<ToyModel> from = read_from(line, shared.kind, n, m);
  const Objective objective = is_linear ? Objective{} : objective_of(shared);
  OptimumSearchOptions options = read_optimum_search(line, shared.kind);
  if (options.populations == 0 && from.empty()) {
    reject("--populations: 0 given; accepted without --from: 1 to 100000");
  }
  options.seed = read_seed(line);
  options.threads = read_threads(line);

  OptimumRecord record;
  if (line.has("record")) {
    require_folder(line.text("record"));
    record = read_optimum_record(line.text("record"));
    options.even_if_recorded = true;
  }
  // Cells know no time, no data and no weights of the user's.
  const bool in_cells = !is_linear && !line.has("seconds") && !shared.features.data && from.empty();
  const auto claimed = claim_out(line);
  std::unique_ptr<RunStore> store;
  if (line.has("out")) {
    const std::filesystem::path folder = line.text("out");
    if (std::filesystem::exists(folder / minima_file) && !std::filesystem::exists(folder / minima_table)) {
      reject("--out: '{}' has a {} of another command; accepted: a folder without one", folder.string(),
             minima_file);
    }
    if (in_cells) store = std::make_unique<RunStore>(folder / "results.db");
  }
  const RecordedOptimum* known =
      has_record ? lower_of(find_recorded(record, shared.features, m, shared.kind),
                            find_recorded(recorded_optima(), shared.features, m, shared.kind))
                 : nullptr;

  const OptimumFound found = [&] {
    if (is_linear) return linear_found(shared.features, m);
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
    return in_cells ? search_optimum_shared(shared, m, options, known, store.get())
                    : search_optimum(objective, n, m, options, from, {}, known);
  }();
  if (line.has("out")) write_minima(line.text("out"), found, shared, options.seed);
  const ToyModel& best = found.best().model;
  std::optional<HiddenReluLoss> stated;
  if (is_estimated) stated = hidden_relu_loss(best, shared.features, stated_options(options.threads));
  if (line.has("record") && !interrupted()) {
    add_to(line.text("record"), found, shared.features, stated ? stated->loss : found.best().loss);
  }
  // At a bound the Hessian of the loss alone says nothing. Two gradients a parameter, and none is cheap.
  constexpr Eigen::Index most_parameters = 600;
  const bool is_large = best.W.size() + best.b.size() > most_parameters;
  const double least_eigenvalue =
      shared.penalty.max_coherence < 1.0 || is_estimated || is_linear || is_large || interrupted()
          ? std::numeric_limits<double>::quiet_NaN()
          : hessian_eigenvalues(hessian(objective, best), best).minCoeff();
  if (line.has("json")) {
    print_answers(json::array({describe(found, shared, least_eigenvalue, stated)}));
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
