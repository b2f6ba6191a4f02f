#include "plots/network_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_width = 420;
constexpr int plot_height = 260;
constexpr int gap_x = 50;
constexpr int gap_y = 60;
constexpr int edge_left = 70;
constexpr int edge_bottom = 60;
constexpr int edge_top = 75;

constexpr double widest = 6.0;  // of a line, in points
constexpr double smallest_share = 0.05;

/// Where the k-th of `count` nodes stands in a row from 0 to 1.
double across(Eigen::Index k, Eigen::Index count) {
  return (double(k) + 0.5) / double(count);
}

/// W and W_out with neuron a's weights in times s_a and out over s_a, s_a² = max |W_out(i, a)| / max |W(a,
/// i)|.
NetworkPanel in_equal_scale(NetworkPanel panel) {
  for (Eigen::Index a = 0; a < panel.W.rows(); ++a) {
    const double in = panel.W.row(a).cwiseAbs().maxCoeff();
    const double out = panel.W_out.col(a).cwiseAbs().maxCoeff();
    if (in == 0.0 || out == 0.0) continue;
    panel.W.row(a) *= std::sqrt(out / in);
    panel.W_out.col(a) *= std::sqrt(in / out);
  }
  return panel;
}

/// An arrow an edge; returns how many there are.
int draw_edges(Figure& figure, const NetworkPanel& panel) {
  const auto [m, n] = std::pair(panel.W.rows(), panel.W.cols());
  const double largest = std::max(panel.W.cwiseAbs().maxCoeff(), panel.W_out.cwiseAbs().maxCoeff());
  int arrows = 0;
  const auto add = [&](double weight, double x, double y, double to_x, double to_y) {
    if (std::abs(weight) <= smallest_share * largest) return;
    figure << fmt::format("set arrow {} from {},{} to {},{} nohead back lw {:.2f} lc rgb '{}'\n", ++arrows, x,
                          y, to_x, to_y, widest * std::abs(weight) / largest,
                          weight > 0.0 ? positive_color : negative_color);
  };
  for (Eigen::Index a = 0; a < m; ++a) {
    for (Eigen::Index i = 0; i < n; ++i) {
      add(panel.W(a, i), across(i, n), 1.0, across(a, m), 0.5);
      add(panel.W_out(i, a), across(a, m), 0.5, across(i, n), 0.0);
    }
  }
  return arrows;
}

void draw_panel(Figure& figure, const NetworkPanel& panel, std::size_t index) {
  const auto [m, n] = std::pair(panel.W.rows(), panel.W.cols());
  std::vector<std::vector<double>> features;
  std::vector<std::vector<double>> neurons;
  for (Eigen::Index i = 0; i < n; ++i) {
    for (const double y : {1.0, 0.0}) features.push_back({across(i, n), y, double(i)});
  }
  for (Eigen::Index a = 0; a < m; ++a) neurons.push_back({across(a, m), 0.5, double(a)});
  figure.data(fmt::format("features{}", index), features);
  figure.data(fmt::format("neurons{}", index), neurons);
  int arrows = draw_edges(figure, in_equal_scale(panel));
  const std::string nodes = "using 1:2 with points pt 7 ps 2.2 lc rgb";
  const std::string numbers = "using 1:2:(sprintf('%d', $3)) with labels";
  figure
      << fmt::format("set title \"{}\"\n", panel.title)
      << fmt::format(
             "plot NaN with lines lw 3 lc rgb '{1}' title 'weight > 0', "
             "NaN with lines lw 3 lc rgb '{2}' title 'weight < 0', "
             "$features{0} {3} '#444444' notitle, $features{0} {4} textcolor rgb 'white' font ',9' notitle, "
             "$neurons{0} {3} '#dddddd' notitle, $neurons{0} {4} font ',9' notitle\n",
             index, positive_color, negative_color, nodes, numbers);
  for (; arrows > 0; --arrows) figure << fmt::format("unset arrow {}\n", arrows);
}

}  // namespace

void draw_networks(const std::filesystem::path& path, const std::string& title,
                   const std::vector<NetworkPanel>& panels, std::size_t columns) {
  const std::size_t in_a_row = std::min(columns, panels.size());
  const std::size_t rows = (panels.size() + in_a_row - 1) / in_a_row;
  const int width = edge_left + int(in_a_row) * (plot_width + gap_x);
  const int height = edge_bottom + int(rows) * (plot_height + gap_y) - gap_y + edge_top;
  Figure figure(width, height);
  figure << "set multiplot\nunset border\nunset xtics\nset xrange [0:1]\nset yrange [-0.08:1.08]\nset ytics "
            "scale 0 ('{/:Italic x}' 1, 'neurons' 0.5, '{/:Italic y}' 0)\n"
         << fmt::format("set label 99 \"{}\" at screen 0.5,{} center\n", title, 1.0 - 18.0 / height)
         << fmt::format("set key at screen 0.5,{} center horizontal samplen 2\n", 25.0 / height);
  for (std::size_t k = 0; k < panels.size(); ++k) {
    figure.place(edge_left + int(k % in_a_row) * (plot_width + gap_x),
                 edge_bottom + int(rows - 1 - k / in_a_row) * (plot_height + gap_y), plot_width, plot_height);
    draw_panel(figure, panels[k], k);
    figure << "unset label 99\nunset key\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
