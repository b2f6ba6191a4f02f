#pragma once

#include <filesystem>
#include <vector>

#include "plots/phase_figure.hpp"
#include "sweep/kinds/phase_cell.hpp"

namespace digon {

/// Writes phase.csv and boundary.csv.
void write_phase_tables(const std::filesystem::path& folder, const std::vector<PhaseCell>& cells,
                        const std::vector<Transition>& transitions);

/// The figure's data, without trained models.
PhaseDiagram phase_diagram(const PhaseGrid& grid, const std::vector<PhaseCell>& cells,
                           const std::vector<Transition>& transitions);

}  // namespace digon
