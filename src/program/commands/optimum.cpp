#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/search_options.hpp"
#include "sweep/kinds/optimum_cell.hpp"

namespace digon {
namespace {

using nlohmann::json;

/// Local minima shown; JSON has all.
constexpr std::size_t most_shown = 20;

CommandLine declare() {
  CommandLine line("optimum", "the lowest loss any ReLU output model can have, and the other local minima",
                   "digon optimum --features 2 --hidden 1 --density 0.3 --json");
  line.option("features", "N", "number of features n");
  line.option("hidden", "M", "hidden dimensions m");
  declare_features(line);
  line.option("kind", "KIND", "relu-output; the linear model's optimum is known: 'digon gap' has it",
              "relu-output");
  line.option("objective", "NAME", "exact: the exact loss at the density; l1: L_1, its sparse limit",
              "exact");
  declare_optimum_search(line);
  declare_seed_and_threads(line);
  line.flag("json", "print JSON at full precision");
  return line;
}

SharedObjective read_objective(const CommandLine& line, Eigen::Index n) {
  if (const std::string kind = line.text("kind"); kind != "relu-output") {
    reject("--kind: '{}' given; accepted: relu-output", kind);
  }
  const std::string name = line.text("objective");
  if (name == "l1") {
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
  const std::vector<FeatureDistribution> features = read_features(line, n);
  if (features.size() != 1) reject("--density: {} values given; accepted: one", features.size());
  return {features.front(), false};
}

json to_rows(const Eigen::MatrixXd& W) {
  json rows = json::array();
  for (Eigen::Index a = 0; a < W.rows(); ++a) rows.push_back(to_json(Eigen::VectorXd(W.row(a))));
  return rows;
}

json describe(const OptimumFound& found, double least_eigenvalue) {
  const Descent& best = found.best();
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
          {"populations", found.populations},
          {"agreeing", found.agreeing()},
          {"confirmed", is_confirmed(found.agreeing())},
          {"descents", found.descents},
          {"minima", others}};
}

void print_text(const OptimumFound& found, double least_eigenvalue) {
  const Descent& best = found.best();
  fmt::print(
      "lowest loss known {:.12g}, {} ({} descents); gradient {:.1e}, least Hessian eigenvalue off rotations "
      "{:.3g}\n",
      best.loss, describe_confirmation(found.agreeing(), found.populations), found.descents,
      best.gradient_norm, least_eigenvalue);
  Table weights{{"feature", "b", "norm", "W_i"}, {}};
  for (Eigen::Index i = 0; i < best.model.features(); ++i) {
    std::string column;
    for (const double w : best.model.W.col(i)) column += fmt::format("{:+.6f} ", w);
    weights.add_row({fmt::format("{}", i), fmt::format("{:+.6f}", best.model.b[i]),
                     fmt::format("{:.6f}", best.model.W.col(i).norm()), column});
  }
  const std::vector<LocalMinimum>& minima = found.minima;
  Table others{{"local minimum", "loss", "populations", "gradient"}, {}};
  for (std::size_t k = 0; k < std::min(minima.size(), most_shown); ++k) {
    others.add_row({text_of(k), fmt::format("{:.10g}", minima[k].at.loss), text_of(minima[k].hits()),
                    fmt::format("{:.1e}", minima[k].at.gradient_norm)});
  }
  fmt::print("{}\n{}", to_text(weights), to_text(others));
}

}  // namespace

int run_optimum(const std::vector<std::string>& arguments) {
  CommandLine line = declare();
  if (!line.parse(arguments)) return 0;
  const auto n = Eigen::Index(line.integer("features", 1, 1000));
  const auto m = Eigen::Index(line.integer("hidden", 1, 1000));
  const SharedObjective shared = read_objective(line, n);
  const Objective objective = objective_of(shared);
  OptimumSearchOptions options = read_optimum_search(line);
  options.seed = read_seed(line);
  options.threads = read_threads(line);

  const OptimumFound found = line.has("seconds") || shared.features.data
                                 ? search_optimum(objective, n, m, options)  // cells know no time and no data
                                 : search_optimum_shared(shared, m, options);
  const ToyModel& best = found.best().model;
  const double least_eigenvalue = hessian_eigenvalues(hessian(objective, best), best).minCoeff();
  if (line.has("json")) {
    json described = describe(found, least_eigenvalue);
    described["features"] = to_json(shared.features);
    fmt::print("{}\n", dump_json(described));
  } else {
    fmt::print("features {}\n", shared.one_sparse ? describe_law(shared.features) + ", L_1"
                                                  : describe_features(shared.features));
    print_text(found, least_eigenvalue);
  }
  if (!interrupted()) return 0;
  fmt::print(stderr, "digon: interrupted; the minima are those of the populations finished\n");
  return exit_interrupted;
}

}  // namespace digon
