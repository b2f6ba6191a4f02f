#include "plots/phase_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_size = 260;
constexpr int panel_width = 290;
constexpr int edge_left = 75;
constexpr int edge_bottom = 65;
constexpr int legend_width = 190;
constexpr int height = 385;

constexpr std::array<const char*, 3> phase_colors{"#bbbbbb", "#56b4e9", "#e69f00"};
constexpr std::array<const char*, 3> phase_names{"absent", "dedicated", "superposed"};

/// The distance between neighbours in log10, the same all along an axis that is even in the logarithm.
double log_step(const Eigen::VectorXd& values) {
  return values.size() < 2 ? 0.1
                           : std::log10(values[values.size() - 1] / values[0]) / double(values.size() - 1);
}

/// "[from:to]" in log10, half a cell beyond the values.
std::string log_range(double from, double to, double step) {
  const double half = from < to ? step / 2.0 : -step / 2.0;
  return fmt::format("[{}:{}]", std::log10(from) - half, std::log10(to) + half);
}

/// Ticks at 1, 2 and 5 times the powers of ten, placed in log10 and labelled with the values themselves.
enum class Labels { shown, hidden };
std::string log_ticks(Labels labels) {
  std::string ticks;
  for (int decade = -6; decade <= 6; ++decade) {
    for (const int digit : {1, 2, 5}) {
      const double value = digit * std::pow(10.0, decade);
      ticks += fmt::format("{}'{}' {}", ticks.empty() ? "" : ", ",
                           labels == Labels::shown ? fmt::format("{:g}", value) : "", std::log10(value));
    }
  }
  return ticks;
}

/// Cells as (log10 density, log10 relative importance, value): on linear axes they can be drawn as one image.
template <typename Matrix>
void add_cells(Figure& figure, const char* name, const PhaseDiagram& diagram, const Matrix& values) {
  std::vector<std::vector<double>> rows;
  for (Eigen::Index r = 0; r < values.rows(); ++r) {
    for (Eigen::Index c = 0; c < values.cols(); ++c) {
      rows.push_back(
          {std::log10(diagram.density[c]), std::log10(diagram.relative_importance[r]), double(values(r, c))});
    }
  }
  figure.data(name, rows);
}

/// Every cell, with what the panels show of it.
PlotPoints points_of(const PhaseDiagram& diagram) {
  PlotPoints all{{"density", "relative importance", "exact optimum", "its loss", "hand-built",
                  "above the optimum", "trained", "trained above"},
                 {}};
  const bool has_trained = diagram.trained_phase.size() > 0;
  const auto phase = [](int index) { return std::string(phase_names[std::size_t(index)]); };
  for (Eigen::Index r = 0; r < diagram.exact_phase.rows(); ++r) {
    for (Eigen::Index c = 0; c < diagram.exact_phase.cols(); ++c) {
      all.points.push_back(
          {std::log10(diagram.density[c]),
           std::log10(diagram.relative_importance[r]),
           {fmt::format("{:.4g}", diagram.density[c]), fmt::format("{:.4g}", diagram.relative_importance[r]),
            phase(diagram.exact_phase(r, c)), fmt::format("{:.5g}", diagram.exact_loss(r, c)),
            phase(diagram.candidate_phase(r, c)),
            fmt::format("{:.3g}%", 100.0 * diagram.candidate_excess(r, c)),
            has_trained ? phase(diagram.trained_phase(r, c)) : "",
            has_trained ? fmt::format("{:.3g}%", 100.0 * diagram.trained_excess(r, c)) : ""}});
    }
  }
  return all;
}

void place(Figure& figure, int panel) {
  figure.place(edge_left + panel * panel_width, edge_bottom, plot_size, plot_size);
}

}  // namespace

void draw_phases(const std::filesystem::path& path, const PhaseDiagram& diagram) {
  struct Panel {
    const char* title;
    const char* block;
  };
  const bool has_trained = diagram.trained_phase.size() > 0;
  std::vector<Panel> panels{{"hand-built candidates", "candidates"}, {"exact optimum", "exact"}};
  if (has_trained) panels.push_back({"trained models", "trained"});
  const int count = int(panels.size()) + 1;
  const int width = edge_left + count * panel_width + legend_width;
  const double legend = double(edge_left + count * panel_width + 10) / width;

  Figure figure(width, height);
  add_cells(figure, "candidates", diagram, diagram.candidate_phase);
  add_cells(figure, "exact", diagram, diagram.exact_phase);
  if (has_trained) add_cells(figure, "trained", diagram, diagram.trained_phase);
  const Eigen::MatrixXd& excess = has_trained ? diagram.trained_excess : diagram.candidate_excess;
  add_cells(figure, "excess", diagram, Eigen::MatrixXd(100.0 * excess));
  std::vector<std::vector<double>> border;
  for (const Eigen::Vector2d& point : diagram.boundary)
    border.push_back({std::log10(point[0]), std::log10(point[1])});
  figure.data("boundary", border);
  const PlotPoints points = points_of(diagram);
  const auto boundary = [&](const char* color) {
    return border.empty()
               ? std::string()
               : fmt::format(", $boundary using 1:2 with points pt 7 ps 0.25 lc rgb '{}' notitle", color);
  };
  const std::string cells = "using 1:2:3 with image pixels notitle";

  figure << "set multiplot\nunset colorbox\n"
         << fmt::format(
                "set xrange {}\nset yrange {}\n",
                log_range(diagram.density.maxCoeff(), diagram.density.minCoeff(), log_step(diagram.density)),
                log_range(diagram.relative_importance.minCoeff(), diagram.relative_importance.maxCoeff(),
                          log_step(diagram.relative_importance)))
         << "set tics out nomirror front\nset xlabel 'density 1 − {/:Italic S} (sparser →)'\n"
         << fmt::format("set xtics ({0})\nset ytics ({0})\n", log_ticks(Labels::shown))
         << "set ylabel 'relative importance {/:Italic r} of the last feature' offset 0.5\n"
         << fmt::format("set label 1 \"{}\" at screen {},0.955 center\n", diagram.title,
                        (edge_left + 0.5 * count * panel_width) / width)
         << fmt::format("set palette maxcolors 3 defined (0 '{}', 1 '{}', 2 '{}')\nset cbrange [-0.5:2.5]\n",
                        phase_colors[0], phase_colors[1], phase_colors[2])
         << fmt::format(
                "set key at screen {},0.72 left top Left reverse samplen 1.5 spacing 1.2 title 'last "
                "feature' left\n",
                legend);
  for (std::size_t k = 0; k < panels.size(); ++k) {
    place(figure, int(k));
    figure << fmt::format("set title '{}'\nplot ${} ", panels[k].title, panels[k].block) << cells
           << boundary("black");
    if (k == 0) {
      for (std::size_t c = 0; c < phase_colors.size(); ++c) {
        figure << fmt::format(", NaN with boxes fc rgb '{}' title '{}'", phase_colors[c], phase_names[c]);
      }
      figure << ", NaN with points pt 7 ps 0.6 lc rgb 'black' title 'exact boundary'\nunset label 1\nunset "
                "key\nset "
                "ylabel ''\n"
             << fmt::format("set ytics ({})", log_ticks(Labels::hidden));
    }
    figure << "\n";
    figure.can_be_pointed_at(points);
  }
  place(figure, count - 1);
  figure << "set palette maxcolors 0\n"
         << sequential_palette
         << fmt::format("set title '{} above the optimum'\nset cbrange [0:*]\n",
                        has_trained ? "trained" : "best candidate")
         << fmt::format("set colorbox horizontal user origin {},0.2 size {},0.04\nset cblabel '{}'\n", legend,
                        150.0 / width, "excess loss, %")
         << fmt::format("set cbtics scale 0.5 {:.1g}\nplot $excess ",
                        std::max(50.0 * excess.maxCoeff(), 1e-12))
         << cells << boundary("white") << "\n";
  figure.can_be_pointed_at(points);
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
