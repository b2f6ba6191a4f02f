#include "plots/arrows_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_size = 230;
constexpr int panel_width = 275;
constexpr int edge_left = 65;
constexpr int edge_bottom = 60;
constexpr int legend_width = 150;
constexpr int height = 350;

double axis_limit(const std::vector<ArrowsPanel>& panels) {
  double longest = 1.0;
  for (const ArrowsPanel& panel : panels) longest = std::max(longest, panel.W.colwise().norm().maxCoeff());
  return 1.2 * longest;
}

void draw_panel(Figure& figure, const ArrowsPanel& panel, std::size_t index, double limit) {
  const std::string block = fmt::format("W{}", index);
  std::vector<std::vector<double>> rows;
  for (Eigen::Index i = 0; i < panel.W.cols(); ++i) {
    const Eigen::Vector2d w = panel.W.col(i);
    const Eigen::Vector2d tip = w.norm() > 0.0 ? Eigen::Vector2d(w * (1.0 + 0.1 * limit / w.norm())) : w;
    rows.push_back({w[0], w[1], tip[0], tip[1], double(i)});
  }
  figure.data(block, rows);
  figure << fmt::format("set title \"{}\\n{{/*0.8 {}}}\"\n", panel.title, panel.subtitle);
  figure << fmt::format("set xrange [{0}:{1}]\nset yrange [{0}:{1}]\n", -limit, limit);
  figure << "plot $circle using 1:2 with lines dt 2 lc rgb '#999999' notitle";
  for (Eigen::Index i = 0; i < panel.W.cols(); ++i) {
    figure << fmt::format(
        ", ${0} every ::{1}::{1} using (0):(0):1:2 with vectors head filled size graph 0.035,20 lw 2.5 "
        "lc rgb '{2}' notitle",
        block, i, feature_color(std::size_t(i)));
    // A feature that is absent has no arrow to label.
    if (panel.W.col(i).norm() > 0.15) {
      figure << fmt::format(", ${0} every ::{1}::{1} using 3:4:5 with labels textcolor rgb '{2}' notitle",
                            block, i, feature_color(std::size_t(i)));
    }
  }
  figure << "\n";
  PlotPoints tips{{"feature", "norm"}, {}};
  for (Eigen::Index i = 0; i < panel.W.cols(); ++i) {
    tips.points.push_back(
        {panel.W(0, i), panel.W(1, i), {fmt::format("{}", i), fmt::format("{:.4f}", panel.W.col(i).norm())}});
  }
  figure.can_be_pointed_at(std::move(tips));
}

}  // namespace

void draw_arrows(const std::filesystem::path& path, const std::vector<ArrowsPanel>& panels,
                 const std::vector<std::string>& feature_names) {
  const int width = edge_left + panel_width * int(panels.size()) + legend_width;
  Figure figure(width, height);
  std::vector<std::vector<double>> circle;
  for (int k = 0; k <= 90; ++k) {
    const double angle = k * std::numbers::pi / 45.0;
    circle.push_back({std::cos(angle), std::sin(angle)});
  }
  figure.data("circle", circle);
  figure << "set multiplot\nset xlabel 'hidden dimension 1'\nset ylabel 'hidden dimension 2' "
            "offset 1.5\nset xtics 0.5\nset ytics 0.5\n";
  const double limit = axis_limit(panels);
  for (std::size_t k = 0; k < panels.size(); ++k) {
    figure.place(edge_left + int(k) * panel_width, edge_bottom, plot_size, plot_size);
    draw_panel(figure, panels[k], k, limit);
    figure << "set ylabel ''\n";
  }

  figure.place(edge_left + int(panels.size()) * panel_width, edge_bottom, legend_width, plot_size);
  figure << "unset border\nunset tics\nset xlabel ''\nset title ''\n"
         << "set key at graph 0,0.85 left top Left reverse samplen 2 spacing 1.3 title 'feature' left\n"
         << "plot ";
  for (std::size_t i = 0; i < feature_names.size(); ++i) {
    figure << fmt::format("NaN with lines lw 3 lc rgb '{}' title '{}', ", feature_color(i), feature_names[i]);
  }
  figure << "NaN with lines dt 2 lc rgb '#999999' title 'unit norm'\nunset multiplot\n";
  figure.save(path);
}

}  // namespace digon
