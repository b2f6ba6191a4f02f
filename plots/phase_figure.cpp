#include "plots/phase_figure.hpp"

#include <fmt/format.h>

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
constexpr int width = edge_left + 3 * panel_width + legend_width;
constexpr int height = 385;

constexpr std::array<const char*, 3> phase_colors{"#bbbbbb", "#56b4e9", "#e69f00"};
constexpr std::array<const char*, 3> phase_names{"absent", "dedicated", "superposed"};

/// The factor from a cell's middle to its edge on a logarithmic axis.
double half_step(const Eigen::VectorXd& values) {
  if (values.size() < 2) return 1.1;
  return std::pow(values[values.size() - 1] / values[0], 0.5 / double(values.size() - 1));
}

template <typename Matrix>
void add_cells(Figure& figure, const char* name, const PhaseDiagram& diagram, const Matrix& values) {
  std::vector<std::vector<double>> rows;
  for (Eigen::Index r = 0; r < values.rows(); ++r) {
    for (Eigen::Index c = 0; c < values.cols(); ++c) {
      rows.push_back({diagram.density[c], diagram.relative_importance[r], double(values(r, c))});
    }
  }
  figure.data(name, rows);
}

void place(Figure& figure, int panel) {
  const int left = edge_left + panel * panel_width;
  figure << fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", double(left) / width,
                        double(left + plot_size) / width)
         << fmt::format("set bmargin at screen {}\nset tmargin at screen {}\n", double(edge_bottom) / height,
                        double(edge_bottom + plot_size) / height);
}

}  // namespace

void draw_phases(const std::filesystem::path& path, const PhaseDiagram& diagram) {
  Figure figure(width, height);
  add_cells(figure, "candidates", diagram, diagram.candidate_phase);
  add_cells(figure, "exact", diagram, diagram.exact_phase);
  add_cells(figure, "excess", diagram, Eigen::MatrixXd(100.0 * diagram.excess));
  std::vector<std::vector<double>> points;
  for (const Eigen::Vector2d& point : diagram.boundary) points.push_back({point[0], point[1]});
  figure.data("boundary", points);
  const std::string boundary =
      points.empty() ? "" : ", $boundary using 1:2 with points pt 7 ps 0.25 lc rgb 'black' notitle";
  const double dx = half_step(diagram.density);
  const double dy = half_step(diagram.relative_importance);
  const std::string cells = fmt::format(
      "using 1:2:($1/{0}):($1*{0}):($2/{1}):($2*{1}):3 with boxxyerror fc palette notitle", dx, dy);

  figure
      << "set multiplot\nset logscale xy\nunset colorbox\n"
      << fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", diagram.density.maxCoeff() * dx,
                     diagram.density.minCoeff() / dx, diagram.relative_importance.minCoeff() / dy,
                     diagram.relative_importance.maxCoeff() * dy)
      << "set format '%g'\nset tics out nomirror front\nset xlabel 'density 1 − {/:Italic S} (sparser →)'\n"
      << "set ylabel 'relative importance {/:Italic r} of the last feature' offset 0.5\n"
      << fmt::format("set label 1 \"{}\" at screen {},0.955 center\n", diagram.title,
                     (edge_left + 1.5 * panel_width) / width)
      << fmt::format("set palette maxcolors 3 defined (0 '{}', 1 '{}', 2 '{}')\nset cbrange [-0.5:2.5]\n",
                     phase_colors[0], phase_colors[1], phase_colors[2]);
  place(figure, 0);
  figure << "set title 'hand-built candidates'\nplot $candidates " << cells << boundary << "\n";
  figure << "unset label 1\nset ylabel ''\nset format y ''\n";
  place(figure, 1);
  figure << "set title 'exact optimum'\n"
         << fmt::format(
                "set key at screen {},0.72 left top Left reverse samplen 1.5 spacing 1.2 title 'last "
                "feature' left\n",
                double(edge_left + 3 * panel_width + 10) / width)
         << "plot $exact " << cells << boundary;
  for (std::size_t k = 0; k < phase_colors.size(); ++k) {
    figure << fmt::format(", NaN with boxes fc rgb '{}' title '{}'", phase_colors[k], phase_names[k]);
  }
  figure << ", NaN with points pt 7 ps 0.6 lc rgb 'black' title 'exact boundary'\nunset key\n";
  place(figure, 2);
  figure << "set palette maxcolors 0\n"
         << sequential_palette << "set title 'best candidate above the optimum'\nset cbrange [0:*]\n"
         << fmt::format("set colorbox horizontal user origin {},0.2 size {},0.04\nset cblabel '{}'\n",
                        double(edge_left + 3 * panel_width + 10) / width, 150.0 / width, "excess loss, %")
         << "set cbtics scale 0.5\nplot $excess " << cells << boundary << "\nunset multiplot\n";
  figure.save(path);
}

}  // namespace digon
