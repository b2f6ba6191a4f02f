#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plots/grid_figure.hpp"
#include "program/study/study_results.hpp"

namespace digon {

/// An axis in a figure's words.
std::string label_of_axis(const std::string& option);

/// The frame of a figure over two axes; densities fall to the right where they are logarithmic.
GridFigure grid_over(const StudyAxis& x, const StudyAxis& y);

/// A point of the boundary between two neighbouring cells of different phases, by its values on the axes.
struct PhaseBoundary {
  double x = 0.0;
  double y = 0.0;
  std::string from;
  std::string to;
};

/// Whether phases can be looked for between two values of an option.
bool is_continuous(const std::string& option);

/// The changes of phase between neighbours along every axis of a study of two, rows first, that is
/// continuous; throws as sweep does.
std::vector<PhaseBoundary> find_phase_boundary(const StudyResults& results,
                                               std::optional<Eigen::Index> feature, RunStore& store,
                                               std::size_t threads);

struct PhaseMapOptions {
  std::string title;
  std::string x;
  std::string y;
  std::string source = source_optimum;
  std::vector<PhaseBoundary> boundary = {};
  bool by_geometry = false;                  ///< name cells by their geometry also where a feature is swept
  std::optional<Eigen::Index> feature = {};  ///< whose phase it is; nothing: the axes'
  std::string value = {};                    ///< a quantity for a second panel; empty: none
};

/// What becomes of the swept feature in each cell, or where there is none the geometry by name, the most
/// frequent apart; with what there is to say of each cell.
GridFigure phase_grid(const StudyResults& results, const PhaseMapOptions& options);

}  // namespace digon
