// Two sets of correlated features: local almost-orthogonal bases, elhage2022 §4.
#include <cmath>

#include "core/algebra/products.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "plots/basic_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"

namespace digon::experiments {
namespace {

constexpr Eigen::Index features_of_bases = 20;
constexpr Eigen::Index size_of_set = 10;
constexpr double density_of_bases = 0.05;
enum BasesLaw : std::size_t { in_two_sets, without_sets };

TrainingCell correlated_bases_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = setting.number == in_two_sets ? features_in_sets(features_of_bases, density_of_bases,
                                                                   SetRelation::correlated, size_of_set)
                                                : uniform_features(features_of_bases, density_of_bases);
  cell.hidden = 10;
  cell.starts = setting.choose(8, 32);
  cell.steps = setting.choose(10'000, 30'000);
  return cell;
}

enum class Pairs { inside, across };

/// (Ŵ_i·Ŵ_j)² averaged over the pairs inside a set, or across the sets.
double overlap(const Eigen::MatrixXd& W, Pairs pairs) {
  double sum = 0.0;
  double count = 0.0;
  for (Eigen::Index i = 0; i < features_of_bases; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      if ((i / size_of_set == j / size_of_set) != (pairs == Pairs::inside)) continue;
      sum += std::pow(column_cosine(W, i, j), 2.0);
      count += 1.0;
    }
  }
  return sum / count;
}

/// Of the pairs inside a set, of the model of one law.
Measurement overlap_inside(BasesLaw law) {
  return [law](const Results& results) { return overlap(results.points[law].W(), Pairs::inside); };
}

void draw_correlated_bases(const std::filesystem::path& path, const Results& results) {
  std::vector<BasicPanel> panels;
  for (const Point& point : results.points) {
    const FeatureGeometry geometry = feature_geometry(point.W());
    panels.push_back({point.setting.names[0], gram(point.W()), point.trained.best.b, geometry.norm,
                      geometry.superposition});
  }
  draw_basic(path, panels);
}

}  // namespace

Experiment correlated_bases() {
  return {
      .id = "correlated-bases",
      .summary = "two sets of correlated features: local almost-orthogonal bases",
      .axes = {named_axis("law", {"two correlated sets", "independent"})},
      .cell = correlated_bases_cell,
      .tables = {{"correlated-bases",
                  a_row_a_point(
                      {{"law", [](const Point& point) { return point.setting.names[0]; }},
                       {"loss", [](const Point& point) { return text_of(point.trained.loss); }},
                       {"mean_squared_cosine_inside",
                        [](const Point& point) { return text_of(overlap(point.W(), Pairs::inside)); }},
                       {"mean_squared_cosine_across",
                        [](const Point& point) { return text_of(overlap(point.W(), Pairs::across)); }}})}},
      .figures = {{"correlated-bases",
                   "Two sets of features that are on together, beside independent features.",
                   draw_correlated_bases}},
      .measures = {{"inside", overlap_inside(in_two_sets), overlap_inside(without_sets)},
                   {"independent", overlap_inside(without_sets), overlap_inside(in_two_sets)}}};
}

}  // namespace digon::experiments
