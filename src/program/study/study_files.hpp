#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/files/table.hpp"
#include "program/report/report_page.hpp"
#include "program/study/study_results.hpp"

namespace digon {

// What a study leaves. Each table has the axes as columns, numbers at full precision, and nothing where a
// thing has no value.

/// A row a cell: what it is, every quantity, geometry and phase by name.
Table cells_table(const StudyResults& results);
/// A row a cell, model and feature.
Table features_table(const StudyResults& results);
/// A row a cell, model and number of active features; where the decomposition is computed.
Table decomposition_table(const StudyResults& results);
/// A row a cell, step and feature; where snapshots are.
Table snapshots_table(const StudyResults& results);

/// The figure as folder/NAME.svg, .png, .gp, and what it shows as NAME.txt; returns the latter.
std::string draw_figure(const std::filesystem::path& folder, const StudyFigure& figure,
                        const StudyResults& results);

/// Writes weights, tables, figures and report.html into the folder; returns what cells.csv has.
Table write_study(const std::filesystem::path& folder, const StudyResults& results,
                  const std::string& command);

}  // namespace digon
