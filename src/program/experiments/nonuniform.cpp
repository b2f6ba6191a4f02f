// A pentagon of which one feature grows rarer, elhage2022 §4, Non-Uniform Superposition.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "geometry/named_geometry.hpp"
#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon::experiments {
namespace {

constexpr double base_density = 0.05;

TrainingCell nonuniform_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = uniform_features(5, base_density);
  cell.features.density[0] = base_density * setting.at[0];
  cell.hidden = 2;
  cell.starts = setting.choose(16, 32);
  return cell;
}

double exact_norm(const Point& point) {
  return point.optimum->model.W.col(0).norm();
}
double trained_norm(const Point& point) {
  return point.W().col(0).norm();
}
double excess_percent(const Point& point) {
  return 100.0 * (point.trained.loss / point.optimum->loss - 1.0);
}

/// The ratio at which the rarer feature leaves the pentagon: where its norm falls to nothing.
double crossover(const Results& results, double (*norm)(const Point&)) {
  const std::vector<Point>& points = results.points;
  for (std::size_t k = points.size() - 1; k > 0; --k) {
    if (norm(points[k]) > represented_norm && norm(points[k - 1]) <= represented_norm) {
      return std::sqrt(points[k].x() * points[k - 1].x());
    }
  }
  return 0.0;
}

void draw_nonuniform(const std::filesystem::path& path, const Results& results) {
  Series of_trained{"trained", {}, SeriesStyle::points, 1, 0.7};
  Series of_exact{"exact optimum", {}, SeriesStyle::line, 0};
  Series gap_of_trained{"trained", {}, SeriesStyle::line_and_points, 1};
  for (const Point& point : results.points) {
    of_trained.points.emplace_back(point.x(), trained_norm(point));
    of_exact.points.emplace_back(point.x(), exact_norm(point));
    gap_of_trained.points.emplace_back(point.x(), excess_percent(point));
  }
  const std::string ratio = "density of feature 0 / density of the others";
  SeriesPanel norms{"the rarer feature leaves", ratio, "‖{/:Italic W}_0‖", {of_exact, of_trained}};
  norms.x_scale = AxisScale::logarithmic;
  SeriesPanel gap{"distance to the optimum", ratio, "excess loss, %", {gap_of_trained}};
  gap.x_scale = AxisScale::logarithmic;
  draw_series(path,
              fmt::format("Non-uniform superposition, {}, base density {}", results.size(), base_density),
              {norms, gap});
}

std::string facts(const Results& results) {
  return fmt::format(
      "The exact optimum loses it at ratio {:.3g}, the trained models at {:.3g} (the paper: about 1/2.5).",
      crossover(results, exact_norm), crossover(results, trained_norm));
}

double worst_excess(const Results& results) {
  double worst = 0.0;
  for (const Point& point : results.points) worst = std::max(worst, excess_percent(point) / 100.0);
  return worst;
}

double worst_excess_of_zero(const Results& results) {
  double worst = 0.0;
  for (const Point& point : results.points) {
    worst = std::max(worst, zero_model_loss(point.trained.features) / point.optimum->loss - 1.0);
  }
  return worst;
}

constexpr double crossover_of_the_paper = 1.0 / 2.5;  // read off its figure

}  // namespace

Experiment nonuniform() {
  return {
      .id = "nonuniform",
      .summary = "a pentagon of which one feature grows rarer",
      .axes = {settable_axis("density-ratio-of-0", {"density of feature 0 over the others'",
                                                    powers(10.0, -1.0, 0.6, 17),  // 0.1 to 4
                                                    powers(10.0, -1.0, 0.6, 41)})},
      .cell = nonuniform_cell,
      .optimum_starts = Starts{6, 24},
      .tables = {{"nonuniform",
                  a_row_a_point(
                      {{"density_ratio", [](const Point& point) { return text_of(point.x()); }},
                       {"exact_loss", [](const Point& point) { return text_of(point.optimum->loss); }},
                       {"trained_loss", [](const Point& point) { return text_of(point.trained.loss); }},
                       {"exact_norm", [](const Point& point) { return text_of(exact_norm(point)); }},
                       {"trained_norm", [](const Point& point) { return text_of(trained_norm(point)); }},
                       {"exact_geometry",
                        [](const Point& point) { return describe_geometry(point.optimum->model.W).name; }},
                       {"trained_geometry",
                        [](const Point& point) { return describe_geometry(point.W()).name; }}})}},
      .figures = {{"nonuniform", "Norm of the feature whose density is varied.", draw_nonuniform, facts}},
      .settable = {"hidden"},
      .measures = {
          {"exact-crossover", [](const Results& results) { return crossover(results, exact_norm); },
           [](const Results&) { return crossover_of_the_paper; }},
          {"crossover",
           [](const Results& results) {
             return crossover(results, trained_norm) / crossover(results, exact_norm);
           },
           [](const Results& results) { return crossover_of_the_paper / crossover(results, exact_norm); }},
          {"gap", worst_excess, worst_excess_of_zero}}};
}

}  // namespace digon::experiments
