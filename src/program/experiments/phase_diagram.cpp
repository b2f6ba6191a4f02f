#include "program/experiments/phase_diagram.hpp"

#include <fmt/format.h>

#include <map>

namespace digon {

Table phase_table(const std::vector<PhaseCell>& cells) {
  Table table{{"density", "relative_importance", "drop_first", "drop_last", "pair_of_first_two",
               "pair_with_last", "best_candidate", "candidate_phase", "exact_loss", "exact_phase",
               "last_norm", "gradient_norm", "loss_without_biases", "phase_without_biases"},
              {}};
  for (const PhaseCell& each : cells) {
    std::map<Candidate, std::string> losses;
    for (const CandidateLoss& one : each.candidates) losses[one.candidate] = text_of(one.loss);
    const ToyModel& model = each.exact.optimum.model;
    table.add_row(
        {text_of(each.point.density), text_of(each.point.relative_importance), losses[Candidate::drop_first],
         losses[Candidate::drop_last], losses[Candidate::pair_of_first_two],
         losses[Candidate::pair_with_last], std::string(name_of(each.candidates[0].candidate)),
         std::string(name_of(phase_of(each.candidates[0].candidate))), text_of(each.exact.optimum.loss),
         std::string(name_of(each.exact.phase)), text_of(model.W.col(model.features() - 1).norm()),
         text_of(each.exact.optimum.gradient_norm), text_of(each.without_biases.optimum.loss),
         std::string(name_of(each.without_biases.phase))});
  }
  return table;
}

Table boundary_table(const std::vector<Transition>& transitions) {
  Table table{{"density", "relative_importance", "from_phase", "to_phase"}, {}};
  for (const Transition& each : transitions) {
    table.add_row({text_of(each.at.density), text_of(each.at.relative_importance),
                   std::string(name_of(each.from)), std::string(name_of(each.to))});
  }
  return table;
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
