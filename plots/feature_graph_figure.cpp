#include "plots/feature_graph_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_size = 340;
constexpr int gap = 30;
constexpr int edge_bottom = 60;
constexpr int edge_top = 85;

constexpr const char* positive_color = "#d55e00";  // interference
constexpr const char* negative_color = "#0072b2";

/// Where each feature of a panel stands: components side by side in a square of cells, each a circle whose
/// radius grows with the root of its features.
std::vector<Eigen::Vector2d> positions_of(const FeatureGraphPanel& panel) {
  std::vector<Eigen::Vector2d> position(std::size_t(panel.gram.cols()), Eigen::Vector2d::Zero());
  const auto side =
      std::max<std::size_t>(1, std::size_t(std::ceil(std::sqrt(double(panel.components.size())))));
  for (std::size_t c = 0; c < panel.components.size(); ++c) {
    const std::vector<Eigen::Index>& features = panel.components[c];
    const std::size_t row = c / side;
    const Eigen::Vector2d centre(double(c % side) + 0.5, double(side - row) - 0.5);
    const double radius = features.size() == 1 ? 0.0 : 0.25 + 0.18 * (1.0 - 2.0 / double(features.size()));
    for (std::size_t k = 0; k < features.size(); ++k) {
      const double angle = 2.0 * std::numbers::pi * (double(k) / double(features.size()) + 0.125);
      position[std::size_t(features[k])] =
          (centre + radius * Eigen::Vector2d(std::cos(angle), std::sin(angle))) / double(side);
    }
  }
  return position;
}

void draw_panel(Figure& figure, const FeatureGraphPanel& panel, std::size_t index, double threshold) {
  const std::vector<Eigen::Vector2d> position = positions_of(panel);
  std::vector<std::vector<double>> nodes;
  std::vector<std::vector<double>> positive{{-1.0, -1.0, 0.0, 0.0}};  // a block is never empty
  std::vector<std::vector<double>> negative = positive;
  for (const std::vector<Eigen::Index>& features : panel.components) {
    for (std::size_t a = 0; a < features.size(); ++a) {
      const Eigen::Vector2d& from = position[std::size_t(features[a])];
      nodes.push_back({from[0], from[1]});
      for (std::size_t b = 0; b < a; ++b) {
        const double product = panel.gram(features[a], features[b]);
        if (std::abs(product) < threshold) continue;
        const Eigen::Vector2d& to = position[std::size_t(features[b])];
        (product > 0.0 ? positive : negative).push_back({from[0], from[1], to[0] - from[0], to[1] - from[1]});
      }
    }
  }
  const std::string edges = "using 1:2:3:4 with vectors nohead lw 1 lc rgb";
  figure.data(fmt::format("nodes{}", index), nodes);
  figure.data(fmt::format("positive{}", index), positive);
  figure.data(fmt::format("negative{}", index), negative);
  figure
      << fmt::format("set title \"{}\\n{{/*0.85 {}}}\"\n", panel.title, subscripted(panel.subtitle))
      << fmt::format(
             "plot $negative{0} {1} '{2}' title '{{/:Italic W_i}}·{{/:Italic W_j}} < 0', $positive{0} {1} "
             "'{3}' "
             "title '{{/:Italic W_i}}·{{/:Italic W_j}} > 0', $nodes{0} using 1:2 with points pt 7 ps {4} lc "
             "rgb 'black' title 'feature'\n",
             index, edges, negative_color, positive_color, nodes.size() > 100 ? 0.25 : 0.45);
}

}  // namespace

void draw_feature_graphs(const std::filesystem::path& path, const std::string& title,
                         const std::vector<FeatureGraphPanel>& panels, double threshold) {
  const int width = gap + int(panels.size()) * (plot_size + gap);
  const int height = edge_bottom + plot_size + edge_top;
  Figure figure(width, height);
  figure << "set multiplot\nunset tics\nset border lc rgb '#dddddd'\nset xrange [0:1]\nset yrange [0:1]\n"
         << fmt::format("set label 99 \"{}\" at screen 0.5,{} center\n", title, 1.0 - 18.0 / height)
         << "set key at screen 0.5,0.06 center horizontal samplen 2\n";
  for (std::size_t k = 0; k < panels.size(); ++k) {
    figure.place(gap + int(k) * (plot_size + gap), edge_bottom, plot_size, plot_size);
    draw_panel(figure, panels[k], k, threshold);
    figure << "unset label 99\nunset key\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
