#include "plots/grid_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace digon {
namespace {

// In SVG pixels.
constexpr int grid_size = 260;
constexpr int grid_across = 290;
constexpr int grid_up = 385;
constexpr int grid_left = 75;
constexpr int grid_bottom = 65;
constexpr int grid_legend = 190;  // at least
constexpr int most_across = 4;

/// An axis as it is drawn: cells in ascending order, placed at the values or at their log10.
struct DrawnAxis {
  std::vector<std::size_t> order;  ///< of the values, ascending
  std::vector<double> at;          ///< ascending
  std::vector<double> edges;       ///< half way to the neighbours, one more
  bool is_even = true;
  AxisScale scale = AxisScale::linear;
  bool is_reversed = false;
};

double place_of(double value, AxisScale scale) {
  return scale == AxisScale::logarithmic ? std::log10(value) : value;
}

DrawnAxis drawn(const GridAxis& axis) {
  DrawnAxis result;
  result.scale = axis.scale;
  result.is_reversed = axis.is_reversed;
  for (std::size_t k = 0; k < axis.values.size(); ++k) result.order.push_back(k);
  std::sort(result.order.begin(), result.order.end(),
            [&](std::size_t a, std::size_t b) { return axis.values[a] < axis.values[b]; });
  for (const std::size_t k : result.order) result.at.push_back(place_of(axis.values[k], axis.scale));
  const std::size_t count = result.at.size();
  const double mean_step = count < 2 ? 0.1 : (result.at.back() - result.at.front()) / double(count - 1);
  result.edges.push_back(result.at.front() - 0.5 * (count < 2 ? mean_step : result.at[1] - result.at[0]));
  for (std::size_t k = 1; k < count; ++k) {
    result.edges.push_back(0.5 * (result.at[k - 1] + result.at[k]));
    result.is_even =
        result.is_even && std::abs(result.at[k] - result.at[k - 1] - mean_step) < 1e-6 * mean_step;
  }
  result.edges.push_back(result.at.back() +
                         0.5 * (count < 2 ? mean_step : result.at[count - 1] - result.at[count - 2]));
  return result;
}

/// "[from:to]".
std::string range_of(const DrawnAxis& axis) {
  return axis.is_reversed ? fmt::format("[{}:{}]", axis.edges.back(), axis.edges.front())
                          : fmt::format("[{}:{}]", axis.edges.front(), axis.edges.back());
}

/// Commands for the ticks of an axis, "x" or "y": of logarithms at 1, 2 and 5 times the powers of ten,
/// labelled with the values themselves.
enum class TickLabels { shown, hidden };
std::string ticks_of(char letter, const DrawnAxis& axis, TickLabels labels) {
  if (axis.scale == AxisScale::linear) {
    return fmt::format("set {}tics autofreq {}\n", letter,
                       labels == TickLabels::shown ? "format '%g'" : "format ''");
  }
  std::string ticks;
  const int first = int(std::floor(axis.edges.front()));
  const int last = int(std::ceil(axis.edges.back()));
  for (int decade = first; decade <= last; ++decade) {
    for (const int digit : {1, 2, 5}) {
      if (digit > 1 && last - first > 4) continue;
      const double value = digit * std::pow(10.0, decade);
      ticks += fmt::format("{}'{}' {}", ticks.empty() ? "" : ", ",
                           labels == TickLabels::shown ? fmt::format("{:g}", value) : "", std::log10(value));
    }
  }
  return fmt::format("set {}tics ({})\n", letter, ticks);
}

/// The cells of a panel as rows (x, y, x edges, y edges, value); cells without a number are left out where
/// they may be.
void add_cells(Figure& figure, const std::string& name, const DrawnAxis& x, const DrawnAxis& y,
               const Eigen::MatrixXd& cells) {
  std::vector<std::vector<double>> rows;
  for (std::size_t r = 0; r < y.at.size(); ++r) {
    for (std::size_t c = 0; c < x.at.size(); ++c) {
      const double value = cells(Eigen::Index(y.order[r]), Eigen::Index(x.order[c]));
      rows.push_back({x.at[c], y.at[r], x.edges[c], x.edges[c + 1], y.edges[r], y.edges[r + 1], value});
    }
  }
  figure.data(name, rows);
}

PlotPoints grid_points(const GridFigure& figure, const DrawnAxis& x, const DrawnAxis& y) {
  PlotPoints all{figure.note_columns, {}};
  if (figure.notes.empty()) return all;
  for (std::size_t r = 0; r < y.at.size(); ++r) {
    for (std::size_t c = 0; c < x.at.size(); ++c) {
      all.points.push_back({x.at[c], y.at[r], figure.notes[y.order[r] * x.at.size() + x.order[c]]});
    }
  }
  return all;
}

/// Commands for the colours of all panels of values, with few ticks.
std::string value_range(const GridFigure& figure) {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -least;
  for (const GridPanel& panel : figure.panels) {
    if (panel.colors != CellColors::values) continue;
    for (const double value : panel.cells.reshaped()) {
      if (!std::isfinite(value)) continue;
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
  }
  if (!(least <= greatest)) least = greatest = 0.0;
  if (figure.value_scale == AxisScale::logarithmic) {
    return fmt::format("set logscale cb\nset format cb '10^{{%T}}'\nset cbrange [{}:{}]\n", least, greatest);
  }
  if (figure.values_from_zero) least = 0.0;
  const double step = std::max(0.5 * (greatest - least), 1e-12);
  return fmt::format(
      "unset logscale cb\nset format cb '%g'\nset cbtics scale 0.5 {0:.1g}\nset cbrange [{1}:{2}]\n", step,
      least, figure.values_from_zero ? "*" : fmt::format("{}", std::max(greatest, least + step)));
}

/// Room for the longest name.
int legend_width(const GridFigure& figure) {
  constexpr double pixels_a_character = 7.6;
  constexpr int key = 60;
  std::size_t longest = 0;
  for (const GridCategory& category : figure.categories) {
    const auto characters = std::count_if(category.name.begin(), category.name.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    });
    longest = std::max(longest, std::size_t(characters));
  }
  return std::max(grid_legend, key + int(pixels_a_character * double(longest)));
}

}  // namespace

std::string category_color(std::size_t category) {
  constexpr std::array colors{"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                              "#56b4e9", "#d55e00", "#f0e442", "#332288"};
  return category < colors.size() ? colors[category] : "#bbbbbb";
}

void draw_grid(const std::filesystem::path& path, const GridFigure& grid) {
  const DrawnAxis x = drawn(grid.x);
  const DrawnAxis y = drawn(grid.y);
  const int count = int(grid.panels.size());
  const int across = std::min(count, most_across);
  const int up = (count + across - 1) / across;
  const int width = grid_left + across * grid_across + legend_width(grid);
  const int height = up * grid_up;
  const double legend = double(grid_left + across * grid_across + 10) / width;

  Figure figure(width, height);
  for (int k = 0; k < count; ++k)
    add_cells(figure, fmt::format("cells{}", k), x, y, grid.panels[std::size_t(k)].cells);
  std::vector<std::vector<double>> border;
  for (const Eigen::Vector2d& point : grid.boundary) {
    border.push_back({place_of(point[0], x.scale), place_of(point[1], y.scale)});
  }
  figure.data("boundary", border);
  const PlotPoints points = grid_points(grid, x, y);
  // On linear axes of even cells they can be drawn as one image.
  const std::string cells = x.is_even && y.is_even
                                ? "using 1:2:7 with image pixels notitle"
                                : "using 1:2:3:4:5:6:7 with boxxyerror fs solid noborder lc palette notitle";
  figure << "set multiplot\nunset colorbox\nset tics out nomirror front\nset datafile missing 'nan'\n"
         << fmt::format("set xrange {}\nset yrange {}\n", range_of(x), range_of(y))
         << fmt::format("set xlabel \"{}\"\n", grid.x.label) << ticks_of('x', x, TickLabels::shown)
         << fmt::format("set label 1 \"{}\" at screen {},{} center\n", grid.title,
                        (grid_left + 0.5 * ((across - 1) * grid_across + grid_size)) / width,
                        1.0 - 0.045 / up)
         << fmt::format(
                "set key at screen {},{} left top Left reverse samplen 1.5 spacing 1.2 title \"{}\" left\n",
                legend, 1.0 - 0.28 / up, grid.category_title);
  bool has_legend = false;
  bool has_colors = false;
  const double last_category = double(grid.categories.size()) - 0.5;
  for (int k = 0; k < count; ++k) {
    const GridPanel& panel = grid.panels[std::size_t(k)];
    const bool is_first = k % across == 0;
    figure.place(grid_left + (k % across) * grid_across, grid_bottom + (up - 1 - k / across) * grid_up,
                 grid_size, grid_size);
    figure << fmt::format("set ylabel \"{}\" offset 0.5\n", is_first ? grid.y.label : "")
           << ticks_of('y', y, is_first ? TickLabels::shown : TickLabels::hidden);
    std::string also;
    const bool is_of_values = panel.colors == CellColors::values;
    if (is_of_values) {
      figure << "set palette maxcolors 0\n" << sequential_palette << "unset key\n";
      figure << value_range(grid);
      if (!has_colors) {
        figure << fmt::format("set colorbox horizontal user origin {},{} size {},{}\nset cblabel \"{}\"\n",
                              legend, 0.2 / up, 150.0 / width, 0.04 / up, grid.value_label);
      } else {
        figure << "unset colorbox\n";
      }
      has_colors = true;
    } else {
      figure << "unset logscale cb\nunset colorbox\n"
             << fmt::format("set palette maxcolors {} defined (", grid.categories.size());
      for (std::size_t c = 0; c < grid.categories.size(); ++c) {
        figure << fmt::format("{}{} '{}'", c == 0 ? "" : ", ", c, grid.categories[c].color);
        if (!has_legend) {
          also += fmt::format(", NaN with boxes fc rgb '{}' title \"{}\"", grid.categories[c].color,
                              subscripted(grid.categories[c].name));
        }
      }
      // A palette of one colour needs two ends.
      if (grid.categories.size() == 1) figure << fmt::format(", 1 '{}'", grid.categories[0].color);
      figure << fmt::format(")\nset cbrange [-0.5:{}]\n", last_category);
      if (!has_legend && !border.empty()) {
        also += fmt::format(", NaN with points pt 7 ps 0.6 lc rgb 'black' title \"{}\"", grid.boundary_label);
      }
      has_legend = true;
    }
    figure << fmt::format("set title \"{}\"\nplot $cells{} {}", panel.title, k, cells);
    if (!border.empty()) {
      figure << fmt::format(", $boundary using 1:2 with points pt 7 ps 0.25 lc rgb '{}' notitle",
                            is_of_values ? "white" : "black");
    }
    figure << also << "\n";
    figure.can_be_pointed_at(points);
    if (k == 0) figure << "unset label 1\n";
    if (!is_of_values) figure << "unset key\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
