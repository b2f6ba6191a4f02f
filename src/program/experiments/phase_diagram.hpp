#pragma once

#include <vector>

#include "core/files/table.hpp"
#include "plots/phase_figure.hpp"
#include "sweep/kinds/phase_cell.hpp"

namespace digon {

/// A row a cell: candidates and exact optimum.
Table phase_table(const std::vector<PhaseCell>& cells);

/// A row a point of the boundary.
Table boundary_table(const std::vector<Transition>& transitions);

/// The figure's data, without trained models.
PhaseDiagram phase_diagram(const PhaseGrid& grid, const std::vector<PhaseCell>& cells,
                           const std::vector<Transition>& transitions);

}  // namespace digon
