#include "plots/feature_graph_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/algebra/dense_solvers.hpp"
#include "plots/figure.hpp"
#include "plots/view.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_size = 340;
constexpr int gap = 30;
constexpr int gap_y = 75;
constexpr int edge_bottom = 60;
constexpr int edge_top = 85;

/// How a component's directions lie in the plane of the figure [2×k], of lengths up to 1, from the inner
/// products of its features.
Eigen::Matrix2Xd seen(const Eigen::MatrixXd& gram) {
  const Eigen::Index k = gram.cols();
  const SymmetricEigen axes = symmetric_eigen(gram);  // ascending
  Eigen::Matrix3Xd in_space = Eigen::Matrix3Xd::Zero(3, k);
  constexpr double flat = 1e-2;  // an axis of a smaller share of the widest is none
  for (Eigen::Index d = 0; d < std::min<Eigen::Index>(3, k); ++d) {
    const double value = axes.values[k - 1 - d];
    if (value < flat * axes.values[k - 1]) break;
    in_space.row(d) = std::sqrt(value) * axes.vectors.col(k - 1 - d).transpose();
  }
  const bool solid = in_space.row(2).squaredNorm() > 0.0;
  const Eigen::Matrix2Xd plane = (solid ? Eigen::Matrix3Xd(oblique_view() * in_space) : in_space).topRows(2);
  return plane / in_space.colwise().norm().maxCoeff();
}

/// The centre of a component's cell, and half its side, where components lie side by side in a square of
/// cells.
struct Place {
  Eigen::Vector2d centre;
  double half = 0.0;
};
Place place_of(std::size_t component, std::size_t components) {
  const auto side = std::max<std::size_t>(1, std::size_t(std::ceil(std::sqrt(double(components)))));
  const Eigen::Vector2d centre(double(component % side) + 0.5, double(side - component / side) - 0.5);
  return {centre / double(side), 0.5 / double(side)};
}

/// Where each feature of a panel stands.
std::vector<Eigen::Vector2d> positions_of(const FeatureGraphPanel& panel) {
  std::vector<Eigen::Vector2d> position(std::size_t(panel.gram.cols()), Eigen::Vector2d::Zero());
  for (std::size_t c = 0; c < panel.components.size(); ++c) {
    const std::vector<Eigen::Index>& features = panel.components[c].features;
    const Place place = place_of(c, panel.components.size());
    const double radius = features.size() == 1 ? 0.0 : 0.75 * place.half;
    const Eigen::Matrix2Xd directions = seen(panel.gram(features, features));
    for (std::size_t k = 0; k < features.size(); ++k) {
      position[std::size_t(features[k])] = place.centre + radius * directions.col(Eigen::Index(k));
    }
  }
  return position;
}

/// The parts of a name, "a ⊥ b ⊥ c", on at most two lines of the panel's width.
std::string subtitle_lines(const std::string& name) {
  constexpr std::size_t widest = 46;  // characters
  constexpr std::string_view orthogonal = " ⊥ ";
  std::vector<std::string> lines{""};
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find(orthogonal, begin), name.size());
    std::string part = (begin == 0 ? "" : std::string(orthogonal)) + name.substr(begin, end - begin);
    if (!lines.back().empty() && lines.back().size() + part.size() > widest) {
      if (lines.size() == 2) {
        lines.back() += " ⊥ …";
        break;
      }
      lines.emplace_back();
    }
    lines.back() += part;
    begin = end + (end < name.size() ? orthogonal.size() : 0);
  }
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "{/*0.85 " : "\\n{/*0.85 ") + subscripted(line) + "}";
  }
  return text;
}

void draw_panel(Figure& figure, const FeatureGraphPanel& panel, std::size_t index, double threshold) {
  const std::vector<Eigen::Vector2d> position = positions_of(panel);
  std::vector<std::vector<double>> nodes;
  std::vector<std::vector<double>> positive{{-1.0, -1.0, 0.0, 0.0}};  // a block is never empty
  std::vector<std::vector<double>> negative = positive;
  for (const FeatureGraphPanel::Component& component : panel.components) {
    const std::vector<Eigen::Index>& features = component.features;
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
  int tag = 0;
  for (std::size_t c = 0; c < panel.components.size(); ++c) {
    if (panel.components[c].name.empty()) continue;
    const Place place = place_of(c, panel.components.size());
    figure << fmt::format("set label {} \"{{/*0.7 {}}}\" at {},{} center\n", ++tag, panel.components[c].name,
                          place.centre[0], place.centre[1] - 0.92 * place.half);
  }
  figure
      << fmt::format("set title \"{}\\n{}\"\n", panel.title, subtitle_lines(panel.subtitle))
      << fmt::format(
             "plot $negative{0} {1} '{2}' title '{{/:Italic W_i}}·{{/:Italic W_j}} < 0', $positive{0} {1} "
             "'{3}' "
             "title '{{/:Italic W_i}}·{{/:Italic W_j}} > 0', $nodes{0} using 1:2 with points pt 7 ps {4} lc "
             "rgb 'black' title 'feature'\n",
             index, edges, negative_color, positive_color, nodes.size() > 100 ? 0.25 : 0.45);
  for (; tag > 0; --tag) figure << fmt::format("unset label {}\n", tag);
}

}  // namespace

void draw_feature_graphs(const std::filesystem::path& path, const std::string& title,
                         const std::vector<FeatureGraphPanel>& panels, double threshold) {
  constexpr std::size_t columns = 3;
  const std::size_t across = std::min(columns, panels.size());
  const std::size_t rows = (panels.size() + across - 1) / across;
  const int width = gap + int(across) * (plot_size + gap);
  const int height = edge_bottom + int(rows) * (plot_size + gap_y) - gap_y + edge_top;
  Figure figure(width, height);
  figure << "set multiplot\nunset tics\nset border lc rgb '#dddddd'\nset xrange [0:1]\nset yrange [0:1]\n"
         << fmt::format("set label 99 \"{}\" at screen 0.5,{} center\n", title, 1.0 - 18.0 / height)
         << fmt::format("set key at screen 0.5,{} center horizontal samplen 2\n", 25.0 / height);
  for (std::size_t k = 0; k < panels.size(); ++k) {
    figure.place(gap + int(k % across) * (plot_size + gap),
                 edge_bottom + int(rows - 1 - k / across) * (plot_size + gap_y), plot_size, plot_size);
    draw_panel(figure, panels[k], k, threshold);
    figure << "unset label 99\nunset key\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
