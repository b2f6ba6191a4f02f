#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

#include "plots/figure.hpp"

namespace digon {

/// An axis of a grid of cells, a value a row or column, in any order.
struct GridAxis {
  std::string label;
  std::vector<double> values;
  AxisScale scale = AxisScale::linear;
  bool is_reversed = false;  ///< the greatest first
};

/// What the cells of a panel are coloured by.
enum class CellColors { categories, values };

struct GridPanel {
  std::string title;
  Eigen::MatrixXd cells;  ///< [rows×columns] a value each, or the number of its category
  CellColors colors = CellColors::values;
};

/// A category's name and colour.
struct GridCategory {
  std::string name;
  std::string color;
};

/// The colours of up to that many categories that have none of their own; what is beyond the last is grey.
std::string category_color(std::size_t category);

/// Panels over the same two axes.
struct GridFigure {
  std::string title;
  GridAxis x;
  GridAxis y;
  std::vector<GridPanel> panels;
  std::string category_title = {};  ///< of the legend
  std::vector<GridCategory> categories = {};
  std::string value_label = {};  ///< of the colour bar, which is one for all panels of values
  AxisScale value_scale = AxisScale::linear;
  bool values_from_zero = false;  ///< the colours begin at 0, not at the least value
  std::vector<Eigen::Vector2d> boundary = {};
  std::string boundary_label = {};
  std::vector<std::string> note_columns = {};        ///< what there is to say of a cell pointed at …
  std::vector<std::vector<std::string>> notes = {};  ///< … of cell row × columns + column
};

/// Panels side by side, in rows of four, the boundary over all; cells reach half way to their neighbours.
/// Writes path.svg, .png, .gp.
void draw_grid(const std::filesystem::path& path, const GridFigure& figure);

}  // namespace digon
