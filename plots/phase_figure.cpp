#include "plots/phase_figure.hpp"

#include <fmt/format.h>

#include <array>

#include "plots/grid_figure.hpp"

namespace digon {
namespace {

constexpr std::array<const char*, 3> phase_colors{"#bbbbbb", "#56b4e9", "#e69f00"};
constexpr std::array<const char*, 3> phase_names{"absent", "dedicated", "superposed"};

/// What the panels show of every cell.
std::vector<std::vector<std::string>> notes_of(const PhaseDiagram& diagram) {
  std::vector<std::vector<std::string>> notes;
  const bool has_trained = diagram.trained_phase.size() > 0;
  const auto phase = [](int index) { return std::string(phase_names[std::size_t(index)]); };
  for (Eigen::Index r = 0; r < diagram.exact_phase.rows(); ++r) {
    for (Eigen::Index c = 0; c < diagram.exact_phase.cols(); ++c) {
      notes.push_back({fmt::format("{:.4g}", diagram.density[c]),
                       fmt::format("{:.4g}", diagram.relative_importance[r]),
                       phase(diagram.exact_phase(r, c)), fmt::format("{:.5g}", diagram.exact_loss(r, c)),
                       phase(diagram.candidate_phase(r, c)),
                       fmt::format("{:.3g}%", 100.0 * diagram.candidate_excess(r, c)),
                       has_trained ? phase(diagram.trained_phase(r, c)) : "",
                       has_trained ? fmt::format("{:.3g}%", 100.0 * diagram.trained_excess(r, c)) : ""});
    }
  }
  return notes;
}

std::vector<double> values_of(const Eigen::VectorXd& axis) {
  return {axis.begin(), axis.end()};
}

}  // namespace

std::vector<GridCategory> phase_categories() {
  std::vector<GridCategory> categories;
  for (std::size_t k = 0; k < phase_names.size(); ++k)
    categories.push_back({phase_names[k], phase_colors[k]});
  return categories;
}

void draw_phases(const std::filesystem::path& path, const PhaseDiagram& diagram) {
  const bool has_trained = diagram.trained_phase.size() > 0;
  const auto categories = CellColors::categories;
  GridFigure figure;
  figure.title = diagram.title;
  figure.x = {"density 1 − {/:Italic S} (sparser →)", values_of(diagram.density), AxisScale::logarithmic,
              true};
  figure.y = {"relative importance {/:Italic r} of the last feature", values_of(diagram.relative_importance),
              AxisScale::logarithmic};
  figure.panels = {{"hand-built candidates", diagram.candidate_phase.cast<double>(), categories},
                   {"exact optimum", diagram.exact_phase.cast<double>(), categories}};
  if (has_trained)
    figure.panels.push_back({"trained models", diagram.trained_phase.cast<double>(), categories});
  figure.panels.push_back({has_trained ? "trained above the optimum" : "best candidate above the optimum",
                           100.0 * (has_trained ? diagram.trained_excess : diagram.candidate_excess)});
  figure.category_title = "last feature";
  figure.categories = phase_categories();
  figure.value_label = "excess loss, %";
  figure.values_from_zero = true;
  figure.boundary = diagram.boundary;
  figure.boundary_label = "exact boundary";
  figure.note_columns = {"density",    "relative importance", "exact optimum", "its loss",
                         "hand-built", "above the optimum",   "trained",       "trained above"};
  figure.notes = notes_of(diagram);
  draw_grid(path, figure);
}

}  // namespace digon
