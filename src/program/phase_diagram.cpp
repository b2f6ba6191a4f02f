#include "program/phase_diagram.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "core/table.hpp"
#include "program/optimum_cell.hpp"
#include "program/sweep.hpp"

namespace digon {
namespace {

constexpr std::size_t random_starts = 2;

nlohmann::json to_json(const ExactPhase& exact) {
  nlohmann::json object = to_json(exact.optimum);
  object["phase"] = int(exact.phase);
  return object;
}

ExactPhase read_exact(const PhasePoint& point, const nlohmann::json& stored) {
  return {descent_from(stored, point.features, point.features - 1),
          static_cast<Phase>(stored.at("phase").get<int>())};
}

}  // namespace

nlohmann::json describe(const PhasePoint& point) {
  return {{"features", point.features},
          {"density", point.density},
          {"relative_importance", point.relative_importance}};
}

PhasePoint phase_point_from(const nlohmann::json& described) {
  return {described.at("features"), described.at("density"), described.at("relative_importance")};
}

StoredCell compute_exact_phase(const nlohmann::json& settings, const std::string& /*given*/) {
  const PhasePoint point = phase_point_from(settings.at("exact_phase"));
  const std::size_t starts = settings.at("starts");
  const std::uint64_t seed = settings.at("seed");
  return {{{"optimum", to_json(exact_phase(point, starts, seed))},
           {"without_biases", to_json(exact_phase_without_biases(point, starts, seed))}},
          {}};
}

StoredCell compute_transition(const nlohmann::json& settings, const std::string& /*given*/) {
  const nlohmann::json& between = settings.at("transition");
  return {{{"at", describe(transition_between(phase_point_from(between.at("from")),
                                              phase_point_from(between.at("to"))))}},
          {}};
}

PhasePoint PhaseGrid::point(std::size_t k) const {
  return {features, density[Eigen::Index(k) % density.size()],
          relative_importance[Eigen::Index(k) / density.size()]};
}

Eigen::VectorXd logarithmic_grid(Eigen::Index count, double low, double high) {
  return Eigen::VectorXd::LinSpaced(count, std::log(low), std::log(high)).array().exp().min(high);
}

std::optional<std::vector<PhaseCell>> compute_phases(RunStore& store, const PhaseGrid& grid,
                                                     std::uint64_t seed, std::size_t threads) {
  std::vector<SweepCell> cells;
  for (std::size_t k = 0; k < grid.cells(); ++k) {
    cells.push_back({"exact phase",
                     {{"exact_phase", describe(grid.point(k))}, {"starts", random_starts}, {"seed", seed}}});
  }
  const auto stored = sweep(store, "exact phase", cells, threads);
  if (!stored) return std::nullopt;
  std::vector<PhaseCell> phases;
  for (std::size_t k = 0; k < grid.cells(); ++k) {
    const PhasePoint point = grid.point(k);
    const nlohmann::json& result = (*stored)[k].result;
    phases.push_back({point, candidate_losses(point), read_exact(point, result.at("optimum")),
                      read_exact(point, result.at("without_biases"))});
  }
  return phases;
}

std::optional<std::vector<Transition>> find_transitions(RunStore& store, const PhaseGrid& grid,
                                                        const std::vector<PhaseCell>& cells,
                                                        std::size_t threads) {
  const auto columns = std::size_t(grid.density.size());
  std::vector<std::pair<const PhaseCell*, const PhaseCell*>> changes;
  std::vector<SweepCell> searches;
  const auto compare = [&](const PhaseCell& from, const PhaseCell& to) {
    if (from.exact.phase == to.exact.phase) return;
    changes.emplace_back(&from, &to);
    searches.push_back(
        {"phase boundary", {{"transition", {{"from", describe(from.point)}, {"to", describe(to.point)}}}}});
  };
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (k % columns != 0) compare(cells[k], cells[k - 1]);
    if (k + columns < cells.size()) compare(cells[k], cells[k + columns]);
  }
  const auto stored = sweep(store, "phase boundary", searches, threads);
  if (!stored) return std::nullopt;
  std::vector<Transition> transitions;
  for (std::size_t k = 0; k < changes.size(); ++k) {
    const nlohmann::json& at = (*stored)[k].result.at("at");
    transitions.push_back(
        {phase_point_from(at), changes[k].first->exact.phase, changes[k].second->exact.phase});
  }
  return transitions;
}

void write_phase_tables(const std::filesystem::path& folder, const std::vector<PhaseCell>& cells,
                        const std::vector<Transition>& transitions) {
  Table phases{{"density", "relative_importance", "drop_first", "drop_last", "pair_of_first_two",
                "pair_with_last", "best_candidate", "candidate_phase", "exact_loss", "exact_phase",
                "last_norm", "gradient_norm", "loss_without_biases", "phase_without_biases"},
               {}};
  for (const PhaseCell& each : cells) {
    std::map<Candidate, std::string> losses;
    for (const CandidateLoss& one : each.candidates) losses[one.candidate] = cell(one.loss);
    const ToyModel& model = each.exact.optimum.model;
    phases.add_row({cell(each.point.density), cell(each.point.relative_importance),
                    losses[Candidate::drop_first], losses[Candidate::drop_last],
                    losses[Candidate::pair_of_first_two], losses[Candidate::pair_with_last],
                    std::string(name_of(each.candidates[0].candidate)),
                    std::string(name_of(phase_of(each.candidates[0].candidate))),
                    cell(each.exact.optimum.loss), std::string(name_of(each.exact.phase)),
                    cell(model.W.col(model.features() - 1).norm()), cell(each.exact.optimum.gradient_norm),
                    cell(each.without_biases.optimum.loss), std::string(name_of(each.without_biases.phase))});
  }
  Table boundary{{"density", "relative_importance", "from_phase", "to_phase"}, {}};
  for (const Transition& each : transitions) {
    boundary.add_row({cell(each.at.density), cell(each.at.relative_importance),
                      std::string(name_of(each.from)), std::string(name_of(each.to))});
  }
  write_csv(folder / "phase.csv", phases);
  write_csv(folder / "boundary.csv", boundary);
}

PhaseDiagram phase_diagram(const PhaseGrid& grid, const std::vector<PhaseCell>& cells,
                           const std::vector<Transition>& transitions) {
  const Eigen::Index rows = grid.relative_importance.size();
  const Eigen::Index columns = grid.density.size();
  PhaseDiagram diagram;
  diagram.title =
      fmt::format("{{/:Italic n}} = {} features in {{/:Italic m}} = {}", grid.features, grid.features - 1);
  diagram.density = grid.density;
  diagram.relative_importance = grid.relative_importance;
  diagram.candidate_phase.resize(rows, columns);
  diagram.exact_phase.resize(rows, columns);
  diagram.exact_loss.resize(rows, columns);
  diagram.candidate_excess.resize(rows, columns);
  for (const Transition& each : transitions) {
    diagram.boundary.emplace_back(each.at.density, each.at.relative_importance);
  }
  for (Eigen::Index row = 0; row < rows; ++row) {
    for (Eigen::Index column = 0; column < columns; ++column) {
      const PhaseCell& each = cells[std::size_t(row * columns + column)];
      diagram.candidate_phase(row, column) = int(phase_of(each.candidates[0].candidate));
      diagram.exact_phase(row, column) = int(each.exact.phase);
      diagram.exact_loss(row, column) = each.exact.optimum.loss;
      diagram.candidate_excess(row, column) = each.candidates[0].loss / each.exact.optimum.loss - 1.0;
    }
  }
  return diagram;
}

}  // namespace digon
