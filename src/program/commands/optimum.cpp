#include <fmt/format.h>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/files/table.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "sweep/kinds/optimum_cell.hpp"

namespace digon {
namespace {

using nlohmann::json;

CommandLine declare() {
  CommandLine line("optimum", "the lowest loss any ReLU output model can have, and the other local minima",
                   "digon optimum --features 2 --hidden 1 --density 0.3 --starts 32 --json");
  line.option("features", "N", "number of features n");
  line.option("hidden", "M", "hidden dimensions m");
  declare_density(line);
  line.option("importance", "I", "importance: a number, r^i, or n comma-separated numbers", "1");
  line.option("objective", "NAME", "exact: the exact loss at the density; l1: L_1, its sparse limit",
              "exact");
  line.option("starts", "K", "random starts of the descent", "32");
  declare_seed_and_threads(line);
  line.flag("json", "print JSON at full precision");
  return line;
}

SharedObjective read_objective(const CommandLine& line, Eigen::Index n) {
  const Eigen::VectorXd importance = parse_importance("--importance", line.text("importance"), n);
  const std::vector<Eigen::VectorXd> densities = read_densities(line, n);
  const std::string name = line.text("objective");
  if (name == "l1") {
    if (!densities.empty())
      reject("--density: L_1 is the limit of density 0; accepted: none with --objective l1");
    return {{Eigen::VectorXd::Zero(n), importance}, true};
  }
  if (name != "exact") reject("--objective: '{}' given; accepted: exact, l1", name);
  if (densities.size() != 1) reject("--density: {} values given; accepted: one", densities.size());
  return {{densities[0], importance}, false};
}

json to_rows(const Eigen::MatrixXd& W) {
  json rows = json::array();
  for (Eigen::Index a = 0; a < W.rows(); ++a) rows.push_back(to_json(Eigen::VectorXd(W.row(a))));
  return rows;
}

json describe(const std::vector<LocalMinimum>& minima, std::size_t starts, double least_eigenvalue) {
  const Descent& best = minima.front().at;
  json others = json::array();
  for (const LocalMinimum& minimum : minima) {
    others.push_back(
        {{"loss", minimum.at.loss}, {"hits", minimum.hits()}, {"gradient_norm", minimum.at.gradient_norm}});
  }
  return {{"loss", best.loss},
          {"W", to_rows(best.model.W)},
          {"b", to_json(best.model.b)},
          {"gradient_norm", best.gradient_norm},
          {"min_hessian_eigenvalue", least_eigenvalue},
          {"hits", minima.front().hits()},
          {"starts", starts},
          {"minima", others}};
}

void print_text(const std::vector<LocalMinimum>& minima, std::size_t starts, double least_eigenvalue) {
  const Descent& best = minima.front().at;
  fmt::print(
      "loss {:.12g}, reached by {} of {} starts; gradient {:.1e}, least Hessian eigenvalue off rotations "
      "{:.3g}\n",
      best.loss, minima.front().hits(), starts, best.gradient_norm, least_eigenvalue);
  Table weights{{"feature", "b", "norm", "W_i"}, {}};
  for (Eigen::Index i = 0; i < best.model.features(); ++i) {
    std::string column;
    for (const double w : best.model.W.col(i)) column += fmt::format("{:+.6f} ", w);
    weights.add_row({fmt::format("{}", i), fmt::format("{:+.6f}", best.model.b[i]),
                     fmt::format("{:.6f}", best.model.W.col(i).norm()), column});
  }
  Table others{{"local minimum", "loss", "starts", "gradient"}, {}};
  for (std::size_t k = 0; k < minima.size(); ++k) {
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
  OptimumOptions options;
  options.starts = line.integer("starts", 1, 1'000'000);
  options.seed = read_seed(line);
  options.threads = read_threads(line);

  const std::vector<LocalMinimum> minima = find_minima_shared(shared, m, options);
  if (minima.empty() && interrupted()) {
    fmt::print(stderr, "digon: interrupted; no start is finished\n");
    return exit_interrupted;
  }
  const ToyModel& best = lowest(minima).model;
  const double least_eigenvalue = hessian_eigenvalues(hessian(objective, best), best).minCoeff();
  if (line.has("json")) {
    fmt::print("{}\n", dump_json(describe(minima, options.starts, least_eigenvalue)));
  } else {
    print_text(minima, options.starts, least_eigenvalue);
  }
  if (!interrupted()) return 0;
  fmt::print(stderr, "digon: interrupted; the minima are those of the starts finished\n");
  return exit_interrupted;
}

}  // namespace digon
