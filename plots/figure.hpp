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

/// gnuplot palettes: viridis for a quantity ≥ 0, blue–white–red for one of either sign.
extern const char* const sequential_palette;
extern const char* const diverging_palette;

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

  /// Writes path.svg, path.png and path.gp, each whole or not at all. Throws std::runtime_error where gnuplot
  /// fails.
  void save(const std::filesystem::path& path) const;

 private:
  void render(const std::filesystem::path& file, const std::string& terminal) const;

  int width_;
  int height_;
  std::ostringstream script_;
};

}  // namespace digon
