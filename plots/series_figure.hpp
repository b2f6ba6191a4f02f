#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

#include "plots/figure.hpp"

namespace digon {

enum class SeriesStyle { line, points, line_and_points, bars };

/// Points of one colour.
struct Series {
  std::string label;  ///< in the legend; empty: not there
  std::vector<Eigen::Vector2d> points;
  SeriesStyle style = SeriesStyle::line;
  std::size_t color = 0;                ///< as of feature_color
  double size = 0.5;                    ///< of the points
  std::vector<std::string> notes = {};  ///< one a point, or none: what else there is to say of it
  std::vector<double> errors = {};      ///< one a point, or none: bars of so much up and down
};

/// A horizontal line with its name at the right edge.
struct Level {
  double value = 0.0;
  std::string name;
  double shift = 0.0;  ///< of the name, upwards, in characters
};

/// The feature dimensionalities of the polytopes that elhage2022 names.
std::vector<Level> polytope_levels();

/// Axes with series in them.
struct SeriesPanel {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;
  AxisScale x_scale = AxisScale::linear;
  AxisScale y_scale = AxisScale::linear;
  std::string y_range = "[*:*]";  ///< as gnuplot has it
  std::string x_range = "[*:*]";
  std::vector<Level> levels = {};
  std::string x_tics = "";  ///< as gnuplot has it; empty: as it chooses
};

/// Panels in rows of `columns`, a legend above each. Writes path.svg, .png, .gp.
void draw_series(const std::filesystem::path& path, const std::string& title,
                 const std::vector<SeriesPanel>& panels, std::size_t columns = 3);

}  // namespace digon
