// Correlated pairs merge into their principal components, elhage2022 §4.
#include <fmt/format.h>

#include <algorithm>

#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"

namespace digon::experiments {
namespace {

constexpr int pairs_that_merge = 3;
constexpr double merged_cosine = 0.98;

TrainingCell collapse_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = features_in_sets(2 * pairs_that_merge, setting.at[0], SetRelation::correlated, 2);
  cell.hidden = 2;
  cell.starts = setting.choose(8, 32);
  cell.steps = setting.choose(5'000, 10'000);
  return cell;
}

/// Pairs whose two features point the same way; a pair that is not represented has not merged.
int merged_pairs(const Eigen::MatrixXd& W) {
  int merged = 0;
  for (Eigen::Index p = 0; p < pairs_that_merge; ++p) {
    const bool both = W.col(2 * p).norm() > represented_norm && W.col(2 * p + 1).norm() > represented_norm;
    merged += both && column_cosine(W, 2 * p, 2 * p + 1) > merged_cosine;
  }
  return merged;
}
int trained_pairs(const Point& point) {
  return merged_pairs(point.W());
}
int exact_pairs(const Point& point) {
  return merged_pairs(point.optimum->model.W);
}

void draw_collapse(const std::filesystem::path& path, const Results& results) {
  Series of_trained{"trained", {}, SeriesStyle::points, 1, 0.7};
  Series of_exact{"exact optimum", {}, SeriesStyle::line, 0};
  Series gap{"trained", {}, SeriesStyle::line_and_points, 1};
  for (const Point& point : results.points) {
    of_trained.points.emplace_back(point.x(), trained_pairs(point));
    of_exact.points.emplace_back(point.x(), exact_pairs(point));
    gap.points.emplace_back(point.x(), 100.0 * point.excess());
  }
  SeriesPanel merging{
      "pairs merged into one direction", "density", "pairs, of three", {of_exact, of_trained}};
  merging.x_scale = AxisScale::logarithmic;
  merging.y_range = "[-0.2:3.2]";
  SeriesPanel gaps{"distance to the optimum", "density", "excess, % of the zero model's loss", {gap}};
  gaps.x_scale = AxisScale::logarithmic;
  draw_series(path, "Three correlated pairs, " + results.size(), {merging, gaps});
}

// Between two densities.

Measurement most_merged(double from, double below) {
  return [from, below](const Results& results) {
    int most = 0;
    for (const Point& point : results.points) {
      if (point.x() >= from && point.x() < below) most = std::max(most, trained_pairs(point));
    }
    return double(most);
  };
}

Measurement fewest_merged(double above, double below) {
  return [above, below](const Results& results) {
    int fewest = pairs_that_merge;
    for (const Point& point : results.points) {
      if (point.x() > above && point.x() < below) fewest = std::min(fewest, trained_pairs(point));
    }
    return double(fewest);
  };
}

/// The share of densities whose trained model has as many merged pairs as the optimum; or of trained models
/// in reversed order.
Measurement agreement_of_merging(bool reversed) {
  return [reversed](const Results& results) {
    double agree = 0.0;
    const std::size_t count = results.points.size();
    for (std::size_t k = 0; k < count; ++k) {
      agree += trained_pairs(results.points[reversed ? count - 1 - k : k]) == exact_pairs(results.points[k]);
    }
    return agree / double(count);
  };
}

Measurement worst_gap(double (Point::*excess)() const) {
  return [excess](const Results& results) {
    double worst = 0.0;
    for (const Point& point : results.points) worst = std::max(worst, (point.*excess)());
    return worst;
  };
}

}  // namespace

Experiment collapse() {
  return {
      .id = "collapse",
      .summary = "correlated pairs merge into their principal components as they grow denser",
      .axes = {settable_axis("density",
                             {"density", powers(10.0, -2.0, 0.0, 14), powers(10.0, -2.0, 0.0, 40)})},
      .cell = collapse_cell,
      .optimum_starts = Starts{2, 48},
      .tables = {{"collapse",
                  a_row_a_point(
                      {{"density", [](const Point& point) { return text_of(point.x()); }},
                       {"trained_loss", [](const Point& point) { return text_of(point.trained.loss); }},
                       {"exact_optimum", [](const Point& point) { return text_of(point.optimum->loss); }},
                       {"trained_merged_pairs",
                        [](const Point& point) { return text_of(std::size_t(trained_pairs(point))); }},
                       {"exact_merged_pairs",
                        [](const Point& point) { return text_of(std::size_t(exact_pairs(point))); }}})}},
      .figures = {{"collapse",
                   fmt::format("Pairs whose features point the same way (cosine above {}).", merged_cosine),
                   draw_collapse}},
      .settable = {"hidden"},
      .measures = {{"sparse", most_merged(0.0, 0.05), most_merged(0.25, 0.5)},
                   {"dense", most_merged(0.25, 0.5), most_merged(0.0, 0.05)},
                   {"principal-components", fewest_merged(0.5, 0.8), fewest_merged(0.0, 0.8)},
                   {"agreement", agreement_of_merging(false), agreement_of_merging(true)},
                   {"gap", worst_gap(&Point::excess), worst_gap(&Point::excess_of_zero)}}};
}

}  // namespace digon::experiments
