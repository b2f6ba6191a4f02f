#include "plots/vectors_figure.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>

#include "plots/figure.hpp"
#include "plots/view.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_size = 270;
constexpr int gap = 16;
constexpr int edge_bottom = 55;
constexpr int edge_top = 95;

/// Lines from the origin to a group's tips, and between its tips.
void draw_panel(Figure& figure, const VectorsPanel& panel, const std::vector<VectorGroup>& groups,
                std::size_t index, double range) {
  const Eigen::Matrix3Xd seen = oblique_view() * panel.vectors;
  figure << fmt::format("set title \"{}\\n{{/*0.85 {}}}\"\nset xrange [{}:{}]\nset yrange [{}:{}]\n",
                        panel.title, panel.subtitle, -range, range, -range, range);
  std::string plots;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<std::vector<double>> rays;
    std::vector<std::vector<double>> sides;
    const std::vector<Eigen::Index>& columns = groups[g].columns;
    for (std::size_t a = 0; a < columns.size(); ++a) {
      const Eigen::Vector3d tip = seen.col(columns[a]);
      rays.push_back({0.0, 0.0, tip[0], tip[1]});
      const Eigen::Vector3d side = seen.col(columns[(a + 1) % columns.size()]) - tip;
      sides.push_back({tip[0], tip[1], side[0], side[1]});
    }
    const std::string name = fmt::format("{}_{}", index, g);
    figure.data("rays" + name, rays);
    figure.data("sides" + name, sides);
    plots += fmt::format(
        "{0}$sides{1} using 1:2:3:4 with vectors nohead lw 1 dt 2 lc rgb '{2}' notitle, $rays{1} using "
        "1:2:3:4 "
        "with vectors filled size screen 0.008,20 lw 2 lc rgb '{2}' title '{3}'",
        plots.empty() ? "plot " : ", ", name, feature_color(groups[g].color), groups[g].name);
  }
  figure << plots << "\n";
}

}  // namespace

Eigen::Matrix3d oblique_view() {
  return (Eigen::AngleAxisd(-1.15, Eigen::Vector3d::UnitX()) *
          Eigen::AngleAxisd(0.35, Eigen::Vector3d::UnitZ()))
      .toRotationMatrix();
}

void draw_vectors(const std::filesystem::path& path, const std::string& title,
                  const std::vector<VectorsPanel>& panels, const std::vector<VectorGroup>& groups) {
  double range = 0.0;
  for (const VectorsPanel& panel : panels) {
    range = std::max(range, 1.08 * panel.vectors.colwise().norm().maxCoeff());
  }
  const int width = gap + int(panels.size()) * (plot_size + gap);
  const int height = edge_bottom + plot_size + edge_top;
  Figure figure(width, height);
  figure << "set multiplot\nunset tics\nset border lc rgb '#dddddd'\nset size ratio -1\n"
         << fmt::format("set label 99 \"{}\" at screen 0.5,{} center\n", title, 1.0 - 18.0 / height)
         << "set key at screen 0.5,0.06 center horizontal samplen 2\n";
  for (std::size_t k = 0; k < panels.size(); ++k) {
    figure.place(gap + int(k) * (plot_size + gap), edge_bottom, plot_size, plot_size);
    draw_panel(figure, panels[k], groups, k, range);
    figure << "unset label 99\nunset key\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
