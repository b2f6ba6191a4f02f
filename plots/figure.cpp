#include "plots/figure.hpp"

#include <fmt/format.h>
#include <gnuplot-iostream.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/atomic_file.hpp"

namespace digon {
namespace {

constexpr const char* font = "DejaVu Sans";

// Nine steps of viridis.
constexpr std::array<std::array<int, 3>, 9> viridis{{{68, 1, 84},
                                                     {71, 44, 122},
                                                     {59, 81, 139},
                                                     {44, 113, 142},
                                                     {33, 144, 141},
                                                     {39, 173, 129},
                                                     {92, 200, 99},
                                                     {170, 220, 50},
                                                     {253, 231, 37}}};

}  // namespace

const char* const sequential_palette =
    "set palette defined (0 '#440154', 1 '#472c7a', 2 '#3b518b', 3 '#2c718e', 4 '#21908d', 5 '#27ad81', "
    "6 '#5cc863', 7 '#aadc32', 8 '#fde725')\n";
const char* const diverging_palette =
    "set palette defined (-4 '#053061', -3 '#2166ac', -2 '#67a9cf', -1 '#d1e5f0', 0 '#ffffff', 1 '#fddbc7', "
    "2 '#ef8a62', 3 '#b2182b', 4 '#67001f')\n";

std::string_view feature_color(std::size_t feature) {
  constexpr std::array<std::string_view, 8> colors{"#0072b2", "#e69f00", "#009e73", "#d55e00",
                                                   "#cc79a7", "#56b4e9", "#000000", "#f0e442"};
  return colors[feature % colors.size()];
}

std::string ordered_color(double share) {
  const double position = std::clamp(share, 0.0, 1.0) * double(viridis.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(position), viridis.size() - 2);
  const double part = position - double(below);
  const auto mix = [&](std::size_t channel) {
    return static_cast<int>(
        std::lround((1.0 - part) * viridis[below][channel] + part * viridis[below + 1][channel]));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2));
}

Figure::Figure(int width, int height) : width_(width), height_(height) {
  script_ << "set encoding utf8\nset style fill solid noborder\nset border lc rgb '#444444'\n"
             "set tics textcolor rgb '#222222'\n";
}

void Figure::data(std::string_view name, const std::vector<std::vector<double>>& rows) {
  script_ << '$' << name << " << EOD\n";
  for (const std::vector<double>& row : rows) {
    for (const double value : row) script_ << fmt::format("{} ", value);
    script_ << '\n';
  }
  script_ << "EOD\n";
}

void Figure::place(int left, int bottom, int width, int height) {
  script_ << fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", double(left) / width_,
                         double(left + width) / width_)
          << fmt::format("set bmargin at screen {}\nset tmargin at screen {}\n", double(bottom) / height_,
                         double(bottom + height) / height_);
}

void Figure::save(const std::filesystem::path& path) const {
  write_file_atomically(path.string() + ".gp", script_.str());
  render(path.string() + ".svg",
         fmt::format("svg size {},{} dynamic enhanced font '{},12' background rgb 'white'", width_, height_,
                     font));
  // pngcairo's font sizes are points of 1/72 inch at 96 dots an inch, SVG's are dots.
  render(path.string() + ".png",
         fmt::format("pngcairo size {},{} enhanced font '{},9' fontscale 2 linewidth 2 "
                     "pointscale 2 background rgb 'white'",
                     2 * width_, 2 * height_, font));
}

void Figure::render(const std::filesystem::path& file, const std::string& terminal) const {
  const std::filesystem::path unfinished =
      file.parent_path() / ("." + file.filename().string() + ".unfinished");
  std::filesystem::remove(unfinished);
  {
    Gnuplot gnuplot("gnuplot");
    gnuplot << "set terminal " << terminal << "\nset output '" << unfinished.string() << "'\n"
            << script_.str() << "\nset output\n";
  }
  std::error_code error;
  if (std::filesystem::file_size(unfinished, error) == 0 || error) {
    throw std::runtime_error("gnuplot did not draw " + file.string());
  }
  std::filesystem::rename(unfinished, file);
}

}  // namespace digon
