#include "plots/series_figure.hpp"

#include <fmt/format.h>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_width = 430;
constexpr int plot_height = 300;
constexpr int edge_left = 80;
constexpr int gap = 120;
constexpr int edge_bottom = 60;
constexpr int edge_top = 70;

std::string with_of(const Series& series) {
  const std::string_view color = feature_color(series.color);
  switch (series.style) {
    case SeriesStyle::line:
      return fmt::format("lines lw 2 lc rgb '{}'", color);
    case SeriesStyle::points:
      return fmt::format("points pt 7 ps {} lc rgb '{}'", series.size, color);
    case SeriesStyle::line_and_points:
      return fmt::format("linespoints lw 1.5 pt 7 ps {} lc rgb '{}'", series.size, color);
    case SeriesStyle::bars:
      return fmt::format("boxes fc rgb '{}'", color);
  }
  return "";
}

void draw_panel(Figure& figure, const SeriesPanel& panel, std::size_t index) {
  figure.place(edge_left + int(index) * (plot_width + gap), edge_bottom, plot_width, plot_height);
  figure << "unset logscale\n";
  if (panel.x_scale == AxisScale::logarithmic) figure << "set logscale x\n";
  if (panel.y_scale == AxisScale::logarithmic) figure << "set logscale y\n";
  figure << fmt::format("set format x '{}'\nset format y '{}'\n",
                        panel.x_scale == AxisScale::logarithmic ? "%g" : "%g",
                        panel.y_scale == AxisScale::logarithmic ? "10^{%T}" : "%g")
         << fmt::format("set title \"{}\"\nset xlabel \"{}\"\nset ylabel \"{}\" offset 0.5\n", panel.title,
                        panel.x_label, panel.y_label)
         << fmt::format("set yrange {}\nset xrange [*:*]\nunset label\n", panel.y_range);
  for (const Level& level : panel.levels) {
    figure << fmt::format("set label \"{}\" at graph 1.01,first {} left textcolor rgb '#555555'\n",
                          level.name, level.value);
  }
  std::string plots;
  const auto add = [&](const std::string& plot) { plots += (plots.empty() ? "plot " : ", ") + plot; };
  for (const Level& level : panel.levels) {
    add(fmt::format("{} with lines dt 2 lc rgb '#999999' notitle", level.value));
  }
  for (std::size_t k = 0; k < panel.series.size(); ++k) {
    const Series& series = panel.series[k];
    std::vector<std::vector<double>> rows;
    for (const Eigen::Vector2d& point : series.points) rows.push_back({point[0], point[1]});
    const std::string block = fmt::format("series{}_{}", index, k);
    figure.data(block, rows);
    add(fmt::format("${} using 1:2 with {} {}", block, with_of(series),
                    series.label.empty() ? "notitle" : fmt::format("title \"{}\"", series.label)));
  }
  figure << plots << "\n";
}

}  // namespace

void draw_series(const std::filesystem::path& path, const std::string& title,
                 const std::vector<SeriesPanel>& panels) {
  const int width = edge_left + int(panels.size()) * (plot_width + gap);
  const int height = edge_bottom + plot_height + edge_top;
  Figure figure(width, height);
  figure << "set multiplot\nset tics out nomirror\nset border 3\nset grid ytics lc rgb '#dddddd'\nset key "
            "top left "
            "Left reverse samplen 1.5 opaque noautotitle\nset boxwidth 0.8 relative\n"
         << fmt::format("set label 99 \"{}\" at screen 0.5,0.955 center\n", title);
  for (std::size_t k = 0; k < panels.size(); ++k) {
    if (k > 0) figure << "unset label 99\n";
    draw_panel(figure, panels[k], k);
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
