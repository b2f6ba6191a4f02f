// Trained directions beside the packing of the same size: the generalised Thomson problem, elhage2022 §4.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "geometry/named_geometry.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "sweep/kinds/packing_spectrum_cell.hpp"
#include "theory/packing/packing.hpp"

namespace digon::experiments {
namespace {

struct Shape {
  Eigen::Index n;
  Eigen::Index m;
};
// Few enough features for norms 1 and no interference, or a unique best packing.
constexpr std::array shapes{Shape{4, 2}, Shape{5, 2}, Shape{6, 3}, Shape{8, 4}, Shape{12, 6}};
enum ShapeNumber : std::size_t { pentagon = 1 };

TrainingCell directions_cell(const Setting& setting) {
  const Shape& shape = shapes.at(setting.number);
  TrainingCell cell;
  cell.features = uniform_features(shape.n, 0.02);
  cell.hidden = shape.m;
  cell.starts = setting.choose(16, 64);
  cell.steps = setting.choose(10'000, 30'000);
  return cell;
}

/// Inner products of all pairs, ascending, of each shape.
using Spectra = std::vector<std::vector<double>>;

std::any find_spectra(const Results& results) {
  std::vector<PackingSpectrumCell> cells;
  for (const Shape& shape : shapes) cells.push_back({shape.n, shape.m, results.context.seed});
  return find_packing_spectra(results.context.store, cells, results.context.threads);
}

/// Of W's directions to the packing of shape k.
double largest_difference(const Results& results, std::size_t k, const Eigen::MatrixXd& W) {
  const std::vector<double> trained = inner_product_spectrum(W);
  const std::vector<double>& packing = results.found_as<Spectra>()[k];
  double worst = 0.0;
  for (std::size_t i = 0; i < trained.size(); ++i) {
    worst = std::max(worst, std::abs(trained[i] - packing[i]));
  }
  return worst;
}

/// The share of starts whose loss is that one, to a percent.
double share_at(const TrainedCell& trained, double lowest) {
  const auto reached = std::count_if(trained.losses.begin(), trained.losses.end(),
                                     [&](double loss) { return loss <= 1.01 * lowest; });
  return double(reached) / double(trained.losses.size());
}

Table spectrum_table(const Results& results) {
  Table table{{"n", "m", "pair", "trained", "packing"}, {}};
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    const std::vector<double> trained = inner_product_spectrum(results.points[k].W());
    const std::vector<double>& packing = results.found_as<Spectra>()[k];
    for (std::size_t i = 0; i < trained.size(); ++i) {
      table.add_row({text_of(std::size_t(shapes[k].n)), text_of(std::size_t(shapes[k].m)), text_of(i),
                     text_of(trained[i]), text_of(packing[i])});
    }
  }
  return table;
}

void draw_directions(const std::filesystem::path& path, const Results& results) {
  std::vector<SeriesPanel> panels;
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    const bool first = k == 0;
    Series of_trained{first ? "trained" : "", {}, SeriesStyle::points, 1, 0.6};
    Series of_packing{first ? "packing" : "", {}, SeriesStyle::line, 0};
    for (const double product : inner_product_spectrum(results.points[k].W())) {
      of_trained.points.emplace_back(double(of_trained.points.size()), product);
    }
    for (const double product : results.found_as<Spectra>()[k]) {
      of_packing.points.emplace_back(double(of_packing.points.size()), product);
    }
    SeriesPanel panel{fmt::format("{}: {}", results.points[k].setting.names[0],
                                  describe_geometry(results.points[k].W()).name),
                      "pair, by inner product",
                      first ? "inner product of directions" : "",
                      {of_packing, of_trained}};
    panel.y_range = "[-1.1:1.1]";
    panels.push_back(std::move(panel));
  }
  draw_series(path, "Inner products of trained directions and of packings", panels);
}

std::vector<std::string> names_of_shapes() {
  std::vector<std::string> names;
  for (const Shape& shape : shapes) names.push_back(fmt::format("{} in {}", shape.n, shape.m));
  return names;
}

Measure difference(std::size_t k) {
  return {fmt::format("{}-{}", shapes[k].n, shapes[k].m),
          [k](const Results& results) { return largest_difference(results, k, results.points[k].W()); },
          [k](const Results& results) {
            return largest_difference(results, k,
                                      random_points(shapes[k].n, shapes[k].m, results.context.seed));
          }};
}

}  // namespace

Experiment directions() {
  return {.id = "directions",
          .summary = "trained directions beside generalised Thomson packings",
          .axes = {named_axis("features in dimensions", names_of_shapes())},
          .cell = directions_cell,
          .find = find_spectra,
          .tables = {{"directions", spectrum_table}},
          .figures =
              {{"directions",
                "Inner products of trained directions; packings minimise the sum of squared positive inner "
                "products.",
                draw_directions}},
          .measures = {difference(0),
                       difference(1),
                       {"5-2/every-start",
                        [](const Results& results) {
                          const TrainedCell& trained = results.points[pentagon].trained;
                          return share_at(trained, trained.loss);
                        },
                        [](const Results& results) {
                          const TrainedCell& trained = results.points[pentagon].trained;
                          return share_at(trained, 0.98 * trained.loss);
                        }},
                       difference(2),
                       difference(3),
                       difference(4)}};
}

}  // namespace digon::experiments
