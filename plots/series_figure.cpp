#include "plots/series_figure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_width = 430;
constexpr int plot_height = 300;
constexpr int edge_left = 80;
constexpr int edge_bottom = 60;
constexpr int gap_y = 135;
constexpr int edge_top = 118;
constexpr std::size_t usual_legend_rows = 2;  // for which there is room above a frame
constexpr int legend_row = 22;
constexpr int edge_right = 30;
constexpr int character_width = 7;

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

/// Characters drawn for a text: without markup, and however many bytes each takes.
std::size_t drawn_characters(const std::string& text) {
  const auto starts_one = [](char byte) { return (byte & 0xC0) != 0x80; };
  return std::size_t(std::ranges::count_if(plain_text(text), starts_one));
}

/// gnuplot lays a legend out in columns of one width, as many as fit.
std::size_t legend_rows(const SeriesPanel& panel) {
  constexpr std::size_t characters_in_a_row = 48;
  constexpr std::size_t most_rows = 3;  // above the frame
  std::size_t longest = 1;
  std::size_t labels = 0;
  for (const Series& series : panel.series) {
    if (series.label.empty()) continue;
    longest = std::max(longest, drawn_characters(series.label) + 5);
    ++labels;
  }
  const std::size_t columns = std::max<std::size_t>(characters_in_a_row / longest, 1);
  return std::min((labels + columns - 1) / columns, most_rows);
}

/// What a panel needs to the right of its frame: for the names of its levels, and for half of a title longer
/// than the frame is wide.
int room_right(const SeriesPanel& panel) {
  const auto width = [](const std::string& text) { return character_width * int(drawn_characters(text)); };
  int room = std::max(edge_right, (width(panel.title) - plot_width) / 2);
  for (const Level& level : panel.levels) room = std::max(room, 10 + width(level.name));
  return room;
}

/// Every point of the panel, with the names of its axes.
PlotPoints points_of(const SeriesPanel& panel) {
  PlotPoints all{{"series", plain_text(panel.x_label), plain_text(panel.y_label), "of"},
                 {},
                 panel.x_scale,
                 panel.y_scale};
  for (const Series& series : panel.series) {
    for (std::size_t k = 0; k < series.points.size(); ++k) {
      const Eigen::Vector2d& point = series.points[k];
      all.points.push_back({point[0],
                            point[1],
                            {plain_text(series.label), fmt::format("{:.4g}", point[0]),
                             fmt::format("{:.5g}", point[1]), series.notes.empty() ? "" : series.notes[k]}});
    }
  }
  return all;
}

void draw_panel(Figure& figure, const SeriesPanel& panel, std::size_t index) {
  figure << "unset logscale\n";
  if (panel.x_scale == AxisScale::logarithmic) figure << "set logscale x\n";
  if (panel.y_scale == AxisScale::logarithmic) figure << "set logscale y\n";
  figure << fmt::format("set format x '{}'\nset format y '{}'\n", "%g",
                        panel.y_scale == AxisScale::logarithmic ? "10^{%T}" : "%g")
         << fmt::format("set title \"{}\" offset 0,{}\nset xlabel \"{}\"\nset ylabel \"{}\" offset 0.5\n",
                        panel.title, -0.4 + 1.1 * double(legend_rows(panel)), panel.x_label, panel.y_label)
         << fmt::format("set yrange {}\nset xrange {}\nset autoscale xfix\n", panel.y_range, panel.x_range);
  if (!panel.x_tics.empty()) figure << fmt::format("set xtics {}\n", panel.x_tics);
  int tag = 0;
  for (const Level& level : panel.levels) {
    figure << fmt::format(
        "set label {} \"{}\" at graph 1.01,first {} left offset 0,{} textcolor rgb '#555555'\n", ++tag,
        level.name, level.value, level.shift);
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
    for (std::size_t p = 0; p < series.errors.size(); ++p) rows[p].push_back(series.errors[p]);
    const std::string block = fmt::format("series{}_{}", index, k);
    figure.data(block, rows);
    add(fmt::format("${} using 1:2 with {} {}", block, with_of(series),
                    series.label.empty() ? "notitle" : fmt::format("title \"{}\"", series.label)));
    if (!series.errors.empty()) {
      add(fmt::format("${} using 1:($2-$3):(0):(2*$3) with vectors nohead lw 1.5 lc rgb '{}' notitle", block,
                      feature_color(series.color)));
    }
  }
  figure << plots << "\n";
  figure.can_be_pointed_at(points_of(panel));
  if (!panel.x_tics.empty()) figure << "set xtics autofreq\n";
  for (; tag > 0; --tag) figure << fmt::format("unset label {}\n", tag);
}

}  // namespace

std::vector<Level> polytope_levels() {
  return {{1.0, "dedicated 1"}, {0.75, "tetrahedron 3/4"},   {2.0 / 3.0, "triangle 2/3"},
          {0.5, "digon 1/2"},   {0.4, "pentagon 2/5", 0.25}, {0.375, "antiprism 3/8", -0.25}};
}

void draw_series(const std::filesystem::path& path, const std::string& title,
                 const std::vector<SeriesPanel>& panels, std::size_t columns) {
  const std::size_t across = std::min(columns, panels.size());
  const std::size_t rows = (panels.size() + across - 1) / across;
  std::vector<int> left;  // of each column's frames
  int width = 0;
  for (std::size_t column = 0; column < across; ++column) {
    left.push_back(width + edge_left);
    int room = edge_right;
    for (std::size_t k = column; k < panels.size(); k += across) room = std::max(room, room_right(panels[k]));
    width = left.back() + plot_width + room;
  }
  std::size_t most_rows = usual_legend_rows;
  for (const SeriesPanel& panel : panels) most_rows = std::max(most_rows, legend_rows(panel));
  const int room_above = legend_row * int(most_rows - usual_legend_rows);
  const int step = plot_height + gap_y + room_above;  // from row to row
  const int height = edge_bottom + int(rows) * step - gap_y + edge_top;
  Figure figure(width, height);
  figure << "set multiplot\nset tics out nomirror\nset border 3\nset grid ytics lc rgb '#dddddd'\nset key "
            "at graph 0,1.01 left bottom Left reverse horizontal maxrows 1 samplen 1.5 noautotitle\nset "
            "boxwidth 0.8 relative\n"
         << fmt::format("set label 99 \"{}\" at screen 0.5,{} center\n", title, 1.0 - 20.0 / height);
  for (std::size_t k = 0; k < panels.size(); ++k) {
    figure.place(left[k % across], edge_bottom + int(rows - 1 - k / across) * step, plot_width, plot_height);
    draw_panel(figure, panels[k], k);
    if (k == 0) figure << "unset label 99\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
