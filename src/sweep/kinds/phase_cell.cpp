#include "sweep/kinds/phase_cell.hpp"

#include <cmath>

#include "sweep/kinds/optimum_cell.hpp"
#include "sweep/sweep.hpp"

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
  nlohmann::json described{{"features", point.features},
                           {"density", point.density},
                           {"relative_importance", point.relative_importance}};
  // As before of the paper's law: cells that are stored are found.
  if (point.values != ActiveValue::uniform) described["values"] = name_of(point.values);
  if (!point.penalty.is_none()) described["penalty"] = to_json(point.penalty);
  return described;
}

PhasePoint phase_point_from(const nlohmann::json& described) {
  return {described.at("features"), described.at("density"), described.at("relative_importance"),
          parse_active_value("cell", described.value("values", std::string("uniform"))),
          described.contains("penalty") ? penalty_from(described["penalty"]) : Penalty{}};
}

namespace {

StoredCell compute_exact_phase(const nlohmann::json& settings, const std::string& /*given*/) {
  const PhasePoint point = phase_point_from(settings.at("exact_phase"));
  const std::size_t starts = settings.at("starts");
  const std::uint64_t seed = settings.at("seed");
  return {{{"optimum", to_json(exact_phase(point, starts, seed))},
           {"without_biases", to_json(exact_phase_without_biases(point, starts, seed))}},
          {}};
}

const CellKind exact_phase_kind{"exact phase", 1, &compute_exact_phase};

StoredCell compute_transition(const nlohmann::json& settings, const std::string& /*given*/) {
  const nlohmann::json& between = settings.at("transition");
  return {{{"at", describe(transition_between(phase_point_from(between.at("from")),
                                              phase_point_from(between.at("to"))))}},
          {}};
}

const CellKind boundary_kind{"phase boundary", 1, &compute_transition};

}  // namespace

PhasePoint PhaseGrid::point(std::size_t k) const {
  return {features, density[Eigen::Index(k) % density.size()],
          relative_importance[Eigen::Index(k) / density.size()], values, penalty};
}

Eigen::VectorXd logarithmic_grid(Eigen::Index count, double low, double high) {
  return Eigen::VectorXd::LinSpaced(count, std::log(low), std::log(high)).array().exp().min(high);
}

std::vector<PhaseCell> compute_phases(RunStore& store, const PhaseGrid& grid, std::uint64_t seed,
                                      std::size_t threads) {
  std::vector<SweepCell> cells;
  for (std::size_t k = 0; k < grid.cells(); ++k) {
    cells.push_back({&exact_phase_kind,
                     {{"exact_phase", describe(grid.point(k))}, {"starts", random_starts}, {"seed", seed}}});
  }
  const std::vector<StoredCell> stored = sweep(store, "exact phase", cells, threads);
  std::vector<PhaseCell> phases;
  for (std::size_t k = 0; k < grid.cells(); ++k) {
    const PhasePoint point = grid.point(k);
    const nlohmann::json& result = stored[k].result;
    phases.push_back({point, candidate_losses(point), read_exact(point, result.at("optimum")),
                      read_exact(point, result.at("without_biases"))});
  }
  return phases;
}

std::vector<Transition> find_transitions(RunStore& store, const PhaseGrid& grid,
                                         const std::vector<PhaseCell>& cells, std::size_t threads) {
  const auto columns = std::size_t(grid.density.size());
  std::vector<std::pair<const PhaseCell*, const PhaseCell*>> changes;
  std::vector<SweepCell> searches;
  const auto compare = [&](const PhaseCell& from, const PhaseCell& to) {
    if (from.exact.phase == to.exact.phase) return;
    changes.emplace_back(&from, &to);
    searches.push_back(
        {&boundary_kind, {{"transition", {{"from", describe(from.point)}, {"to", describe(to.point)}}}}});
  };
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (k % columns != 0) compare(cells[k], cells[k - 1]);
    if (k + columns < cells.size()) compare(cells[k], cells[k + columns]);
  }
  const std::vector<StoredCell> stored = sweep(store, "phase boundary", searches, threads);
  std::vector<Transition> transitions;
  for (std::size_t k = 0; k < changes.size(); ++k) {
    const nlohmann::json& at = stored[k].result.at("at");
    transitions.push_back(
        {phase_point_from(at), changes[k].first->exact.phase, changes[k].second->exact.phase});
  }
  return transitions;
}

}  // namespace digon
