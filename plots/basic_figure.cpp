#include "plots/basic_figure.hpp"

#include <fmt/format.h>

#include "plots/figure.hpp"

namespace digon {
namespace {

constexpr int panel_width = 165;
constexpr int edge_left = 60;
constexpr int edge_right = 100;
constexpr int height = 500;

/// The matrices of more features have too many cells to point at.
constexpr Eigen::Index most_pointed_at = 20;

/// Where a panel stands in the figure, in shares of its width.
struct Place {
  double left = 0.0;
  double right = 0.0;
};

void draw_matrix(Figure& figure, const BasicPanel& panel, std::size_t index, const Place& place) {
  const Eigen::Index n = panel.gram.rows();
  const double bias_column = double(n) + 1.5;
  std::vector<std::vector<double>> cells;
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = 0; i < n; ++i) cells.push_back({double(i), double(j), panel.gram(j, i)});
    cells.push_back({bias_column, double(j), panel.b[j]});
  }
  const std::string block = fmt::format("gram{}", index);
  figure.data(block, cells);
  figure << diverging_palette
         << "set cbrange [-1.5:1.5]\nset cbtics ('≤ −1.5' -1.5, '−1' -1, '0' 0, '1' 1, '≥ 1.5' 1.5)\n"
         << fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", place.left, place.right)
         << "set tmargin at screen 0.93\nset bmargin at screen 0.59\n"
         << fmt::format("set title \"{}\" offset 0,-0.6\n", panel.title)
         << fmt::format("set xrange [-0.5:{}]\nset yrange [{}:-0.5]\n", double(n) + 2.5, double(n) - 0.5)
         << fmt::format("set xtics out nomirror ('0' 0, '{0}' {0}, '{{/:Italic b}}' {1})\n", n / 2,
                        bias_column)
         << fmt::format(
                "plot ${0} using ($1-0.5):($2-0.5):($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror "
                "fc palette notitle\n",
                block);
  if (n > most_pointed_at) return;
  PlotPoints points{{"input", "output", "inner product", "bias"}, {}};
  for (Eigen::Index j = 0; j < n; ++j) {
    const std::string output = fmt::format("{}", j);
    for (Eigen::Index i = 0; i < n; ++i) {
      points.points.push_back({double(i),
                               double(j),
                               {fmt::format("{}", i), output, fmt::format("{:.4f}", panel.gram(j, i)), ""}});
    }
    points.points.push_back({bias_column, double(j), {"", output, "", fmt::format("{:.4f}", panel.b[j])}});
  }
  figure.can_be_pointed_at(std::move(points));
}

/// Below the matrix, within the same left and right margins.
void draw_bars(Figure& figure, const BasicPanel& panel, std::size_t index) {
  const Eigen::Index n = panel.norm.size();
  std::vector<std::vector<double>> bars;
  for (Eigen::Index i = 0; i < n; ++i) bars.push_back({double(i), panel.norm[i], panel.superposition[i]});
  const std::string block = fmt::format("bars{}", index);
  figure.data(block, bars);
  figure << sequential_palette << "set cbrange [0:2]\nset cbtics ('0' 0, '0.5' 0.5, '1' 1, '≥ 2' 2)\n"
         << "set tmargin at screen 0.45\nset bmargin at screen 0.11\nset title ''\n"
         << fmt::format("set xrange [0:1.4]\nset yrange [{}:-0.5]\nset xtics out nomirror 0.5\n",
                        double(n) - 0.5)
         << fmt::format(
                "plot ${0} using (0):1:(0):2:($1-0.4):($1+0.4):3 with boxxyerror fc palette notitle\n",
                block);
  if (n > most_pointed_at) return;
  PlotPoints points{{"feature", "norm", "superposition"}, {}};
  for (Eigen::Index i = 0; i < n; ++i) {
    points.points.push_back({panel.norm[i] / 2.0,
                             double(i),
                             {fmt::format("{}", i), fmt::format("{:.4f}", panel.norm[i]),
                              fmt::format("{:.4f}", panel.superposition[i])}});
  }
  figure.can_be_pointed_at(std::move(points));
}

}  // namespace

void draw_basic(const std::filesystem::path& path, const std::vector<BasicPanel>& panels) {
  const int width = edge_left + panel_width * int(panels.size()) + edge_right;
  Figure figure(width, height);
  figure << "set multiplot\nset ytics out nomirror 5\nset cbtics scale 0.5\nunset colorbox\n";
  for (std::size_t k = 0; k < panels.size(); ++k) {
    const double left = edge_left + double(k) * panel_width;
    const Place place{left / width, (left + 0.86 * panel_width) / width};
    const bool last = k + 1 == panels.size();
    const auto colorbox = [&](double bottom, const char* label) {
      if (!last) return;
      figure << fmt::format("set colorbox user origin {},{} size {},0.3\nset cblabel \"{}\" offset 1.5\n",
                            place.right + 12.0 / width, bottom, 12.0 / width, label);
    };
    figure << (k == 0 ? "set ylabel 'output feature {/:Italic j}' offset 0.5\n"
                      : "set ylabel ''\nset format y ''\n");
    figure << "set xlabel 'input feature {/:Italic i}' offset 0,0.5\n";
    colorbox(0.61, "{/:Italic W}ᵀ{/:Italic W} and {/:Italic b}");
    draw_matrix(figure, panels[k], k, place);
    if (k == 0) figure << "set ylabel 'feature {/:Italic i}' offset 0.5\n";
    figure << "set xlabel '‖{/:Italic W_i}‖' offset 0,0.4\n";
    colorbox(0.13, "superposition Σ_{j≠i}(Ŵ_i·W_j)^2");
    draw_bars(figure, panels[k], k);
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
