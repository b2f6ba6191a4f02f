#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// One colour for one feature everywhere; Okabe and Ito's palette, safe for the colour-blind.
std::string_view feature_color(std::size_t feature);

/// An ordered quantity's colours, dark to light (viridis); `share` in [0, 1].
std::string ordered_color(double share);

/// Of an inner product or a weight, by its sign.
inline constexpr const char* positive_color = "#d55e00";
inline constexpr const char* negative_color = "#0072b2";

/// gnuplot palettes: viridis for a quantity ≥ 0, blue–white–red for one of either sign.
extern const char* const sequential_palette;
extern const char* const diverging_palette;

/// A dot or a cell of a plot with its numbers, for a page on which it can be pointed at.
struct PlotPoint {
  double x = 0.0;  ///< in the plot's coordinates
  double y = 0.0;
  std::vector<std::string> values;  ///< one a column
};

enum class AxisScale { linear, logarithmic };

/// The points of one plot; its scales are those of its axes.
struct PlotPoints {
  std::vector<std::string> columns;
  std::vector<PlotPoint> points;
  AxisScale x_scale = AxisScale::linear;
  AxisScale y_scale = AxisScale::linear;
};

/// A text without gnuplot's markup: "{/:Italic n} = 5" as "n = 5".
std::string plain_text(const std::string& text);

/// A name with whole numbers as subscripts: "cross-polytope_30" as "cross-polytope_{30}", of which gnuplot
/// would otherwise lower the 3 alone.
std::string subscripted(const std::string& name);

/// A gnuplot figure: a script with its data inside, so that it can be kept, restyled and run again by hand.
class Figure {
 public:
  /// Size in SVG pixels; the PNG has twice as many for print.
  Figure(int width, int height);

  /// Commands, as in a gnuplot script.
  template <typename T>
  Figure& operator<<(const T& text) {
    script_ << text;
    return *this;
  }

  /// Defines the datablock $name, one line a row.
  void data(std::string_view name, const std::vector<std::vector<double>>& rows);

  /// Places the frame of the next plot of a multiplot; SVG pixels from the figure's lower left corner.
  void place(int left, int bottom, int width, int height);

  /// The points of the plot drawn last: the file path.points.json of save() says where on the figure each one
  /// is, in shares of its width and height.
  void can_be_pointed_at(PlotPoints points);

  /// Writes path.svg, path.png and path.gp, each whole or not at all, and path.points.json where plots can be
  /// pointed at. Throws std::runtime_error where gnuplot fails.
  void save(const std::filesystem::path& path) const;

 private:
  /// Draws the figure; `after` are commands run last, whose printed lines are returned.
  std::string render(const std::filesystem::path& file, const std::string& terminal,
                     const std::string& after = "") const;

  int width_;
  int height_;
  std::ostringstream script_;
  std::vector<PlotPoints> points_;
};

}  // namespace digon
