#include "plots/stack_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int plot_width = 250;
constexpr int plot_height = 180;
constexpr int gap_x = 60;
constexpr int gap_y = 75;
constexpr int edge_left = 75;
constexpr int edge_bottom = 60;
constexpr int edge_top = 100;

/// Weights smaller than this have no rectangle.
constexpr double smallest = 0.02;

double tallest(const std::vector<StackPanel>& panels) {
  double height = 0.1;
  for (const StackPanel& panel : panels) {
    height = std::max({height, panel.weights.cwiseMax(0.0).rowwise().sum().maxCoeff(),
                       (-panel.weights).cwiseMax(0.0).rowwise().sum().maxCoeff()});
  }
  return height;
}

/// Few features have a colour each; of many the colour says the rank of their importance.
std::string color_of(Eigen::Index feature, Eigen::Index features) {
  if (features <= 8) return std::string(feature_color(std::size_t(feature)));
  constexpr Eigen::Index told_apart = 30;  // later ones share the last colour
  return ordered_color(double(feature) / double(std::min(features - 1, told_apart)));
}

/// Rectangles from the axis outwards, the largest weight first.
void stack(Figure& figure, int& object, const Eigen::VectorXd& weights, Eigen::Index neuron,
           PlotPoints& points) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(weights.size()));
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = Eigen::Index(k);
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return std::abs(weights[a]) > std::abs(weights[b]);
  });
  double up = 0.0;
  double down = 0.0;
  for (const Eigen::Index i : order) {
    if (std::abs(weights[i]) < smallest) break;
    double& edge = weights[i] > 0.0 ? up : down;
    figure << fmt::format(
        "set object {} rectangle from {},{} to {},{} fs solid border lc rgb 'white' fc rgb '{}' lw 0.3\n",
        ++object, double(neuron) - 0.4, edge, double(neuron) + 0.4, edge + weights[i],
        color_of(i, weights.size()));
    points.points.push_back(
        {double(neuron),
         edge + weights[i] / 2.0,
         {fmt::format("{}", neuron), fmt::format("{}", i), fmt::format("{:.4f}", weights[i])}});
    edge += weights[i];
  }
}

}  // namespace

void draw_stacks(const std::filesystem::path& path, const std::string& title,
                 const std::vector<StackPanel>& panels, std::size_t columns) {
  const std::size_t across = std::min(columns, panels.size());
  const std::size_t rows = (panels.size() + across - 1) / across;
  const int width = edge_left + int(across) * (plot_width + gap_x);
  const int height = edge_bottom + int(rows) * (plot_height + gap_y) - gap_y + edge_top;
  Figure figure(width, height);
  const double limit = 1.1 * tallest(panels);
  const Eigen::Index features = panels.front().weights.cols();
  figure << "set multiplot\nset tics out nomirror\nset border 3\n"
         << fmt::format(
                "set label 99 \"{}\\n{{/*0.85 colour: feature, {} = most important}}\" at screen 0.5,{} "
                "center\n",
                title, features <= 8 ? "blue" : "dark", 1.0 - 26.0 / height)
         << fmt::format("set yrange [{}:{}]\nset xzeroaxis lt 1 lc rgb '#444444'\n", -limit, limit);
  int object = 0;
  for (std::size_t k = 0; k < panels.size(); ++k) {
    const Eigen::MatrixXd& weights = panels[k].weights;
    figure.place(edge_left + int(k % across) * (plot_width + gap_x),
                 edge_bottom + int(rows - 1 - k / across) * (plot_height + gap_y), plot_width, plot_height);
    for (int o = 1; o <= object; ++o) figure << fmt::format("unset object {}\n", o);
    object = 0;
    PlotPoints points{{"neuron", "feature", "weight"}, {}};
    for (Eigen::Index a = 0; a < weights.rows(); ++a) {
      stack(figure, object, weights.row(a).transpose(), a, points);
    }
    figure << fmt::format("set title \"{}\"\nset xrange [-0.7:{}]\n", panels[k].title,
                          double(weights.rows()) - 0.3)
           << fmt::format("set xlabel '{}'\nset ylabel '{}' offset 1\n",
                          k / across == rows - 1 ? "neuron" : "", k % across == 0 ? "weight" : "")
           << "plot NaN notitle\n";
    figure.can_be_pointed_at(std::move(points));
    if (k == 0) figure << "unset label 99\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
