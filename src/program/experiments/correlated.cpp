// Correlated and anti-correlated pairs in two dimensions, elhage2022 §4.
#include <fmt/format.h>

#include <algorithm>

#include "plots/arrows_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"

namespace digon::experiments {
namespace {

constexpr Eigen::Index features_in_pairs = 4;
constexpr double density_of_pairs = 0.1;

const Axis laws = named_axis("law", {"independent", "correlated pairs", "anti-correlated pairs"});
enum SetLaw : std::size_t { independent, in_pairs, in_anti_pairs };

TrainingCell correlated_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = setting.number == independent ? uniform_features(features_in_pairs, density_of_pairs)
                  : setting.number == in_pairs
                      ? features_in_sets(features_in_pairs, density_of_pairs, SetRelation::correlated, 2)
                      : features_in_sets(features_in_pairs, density_of_pairs, SetRelation::anticorrelated, 2);
  cell.hidden = 2;
  cell.starts = setting.choose(8, 32);
  return cell;
}

/// The cosine of the two features of a pair, on average.
double pair_cosine(const Eigen::MatrixXd& W) {
  return 0.5 * (column_cosine(W, 0, 1) + column_cosine(W, 2, 3));
}

void draw_correlated(const std::filesystem::path& path, const Results& results) {
  std::vector<ArrowsPanel> panels;
  for (const Point& point : results.points) {
    panels.push_back(
        {point.setting.names[0],
         fmt::format("exact loss {:.5f}, optimum {:.5f}", point.trained.loss,
                     std::max(point.optimum->loss, 0.0)),  // of anti-correlated pairs 0, but for rounding
         point.W()});
  }
  std::vector<std::string> features;
  for (Eigen::Index i = 0; i < features_in_pairs; ++i)
    features.push_back(fmt::format("{}  (set {})", i, i / 2));
  draw_arrows(path, panels, features);
}

// Of one law; the nulls are the same of another.

Measure gap(const std::string& name, SetLaw law) {
  return {name + "/gap", [law](const Results& results) { return results.points[law].excess(); },
          [law](const Results& results) { return results.points[law].excess_of_zero(); }};
}
Measure trained_cosine(const std::string& name, SetLaw law, SetLaw other) {
  const auto of = [](SetLaw one) {
    return [one](const Results& results) { return pair_cosine(results.points[one].W()); };
  };
  return {name + "/cosine", of(law), of(other)};
}
Measure exact_cosine(const std::string& name, SetLaw law, SetLaw other) {
  const auto of = [](SetLaw one) {
    return [one](const Results& results) { return pair_cosine(results.points[one].optimum->model.W); };
  };
  return {name + "/exact-cosine", of(law), of(other)};
}

}  // namespace

Experiment correlated() {
  return {
      .id = "correlated",
      .summary = "correlated pairs are orthogonal, anti-correlated pairs antipodal",
      .axes = {laws},
      .cell = correlated_cell,
      .optimum_starts = Starts{8, 24},
      .tables = {{"correlated",
                  a_row_a_point(
                      {{"law", [](const Point& point) { return point.setting.names[0]; }},
                       {"trained_loss", [](const Point& point) { return text_of(point.trained.loss); }},
                       {"exact_optimum", [](const Point& point) { return text_of(point.optimum->loss); }},
                       {"trained_cosine", [](const Point& point) { return text_of(pair_cosine(point.W())); }},
                       {"exact_cosine",
                        [](const Point& point) { return text_of(pair_cosine(point.optimum->model.W)); }}})}},
      .figures = {{"correlated",
                   "Four features in two dimensions: independent, on together in pairs, or at most one of a "
                   "pair at a time.",
                   draw_correlated}},
      .measures = {gap("independent", independent), gap("pairs", in_pairs), gap("anti-pairs", in_anti_pairs),
                   trained_cosine("pairs", in_pairs, in_anti_pairs),
                   exact_cosine("pairs", in_pairs, in_anti_pairs),
                   trained_cosine("anti-pairs", in_anti_pairs, in_pairs),
                   exact_cosine("anti-pairs", in_anti_pairs, in_pairs)}};
}

}  // namespace digon::experiments
