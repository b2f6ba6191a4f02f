// Published trainings of correlated pairs, 16 features in 4 dimensions on coins shared with probability ρ,
// beside the exact optimum of what they are made of where dimensions are apart from each other: two pairs on
// one dimension.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/interrupt.hpp"
#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "theory/numerics/bisect.hpp"
#include "theory/optima/optimum.hpp"

namespace digon::experiments {
namespace {

/// Both features of every pair (1, 1, −1, −1)/√2.
ToyModel merged_pairs() {
  ToyModel model{Eigen::MatrixXd(1, 4), Eigen::VectorXd::Zero(4)};
  model.W << 1.0, 1.0, -1.0, -1.0;
  model.W *= std::sqrt(0.5);
  return model;
}

Descent optimum_of_pairs(const FeatureDistribution& features, const ExperimentContext& context,
                         std::size_t starts) {
  OptimumOptions options;
  options.starts = starts;
  options.seed = context.seed;
  options.threads = context.threads;
  const Descent best = lowest(find_minima(exact_objective(features), 4, 1, options, {merged_pairs()}));
  throw_if_interrupted();
  return best;
}

/// The weaker feature of a pair over the stronger, of the pair where that is least: 1 merged, 0 dropped, −1
/// opposite.
double weakest_ratio(const ToyModel& model) {
  double least = 1.0;
  for (Eigen::Index i = 0; i < model.features(); i += 2) {
    const double one = model.W(0, i);
    const double other = model.W(0, i + 1);
    const double sign = one * other < 0.0 ? -1.0 : 1.0;
    least = std::min(least, sign * std::min(std::abs(one), std::abs(other)) /
                                std::max({std::abs(one), std::abs(other), 1e-3}));
  }
  return least;
}

constexpr double merged_ratio = 0.999;
constexpr double dropped_ratio = 0.03;

std::string phase_of_pairs(const ToyModel& model) {
  const double ratio = weakest_ratio(model);
  return ratio > merged_ratio              ? "merged"
         : std::abs(ratio) < dropped_ratio ? "one dropped"
         : ratio < 0.0                     ? "apart"
                                           : "uneven";
}

struct PairsRow {
  double density;
  double rho;
  Descent best;
};
struct SplitRow {
  double r;
  double weak;  ///< norm of the less important feature
  double published;
};
struct FoundPairs {
  std::vector<PairsRow> rows;
  std::vector<std::pair<double, double>> merging;  ///< density, and the ρ beyond which pairs are merged
  std::vector<SplitRow> splits;
};

/// The ρ from which on both pairs are merged, to 1e-3.
double merging_rho(double density, const ExperimentContext& context) {
  const auto is_merged = [&](double rho) {
    const FeatureDistribution features = paired_features(4, density, rho);
    return weakest_ratio(optimum_of_pairs(features, context, 8).model) > merged_ratio;
  };
  if (is_merged(0.0)) return 0.0;
  return bisect(is_merged, 1.0, 0.0, {.width = 1e-3}).holds;
}

std::any find_pairs(const Results& results) {
  const ExperimentContext& context = results.context;
  FoundPairs found;
  for (const double density : {0.02, 0.05, 0.1, 0.2, 0.5, 0.9}) {
    for (const double rho : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      const FeatureDistribution features = paired_features(4, density, rho);
      found.rows.push_back(
          {density, rho, optimum_of_pairs(features, context, context.choose<std::size_t>(12, 64))});
    }
  }
  for (const double density : {0.02, 0.05, 0.1, 0.2})
    found.merging.emplace_back(density, merging_rho(density, context));
  const std::pair<double, double> published[] = {{1.0, 0.714}, {2.0, 0.613},  {4.0, 0.495},
                                                 {8.0, 0.278}, {16.0, 0.098}, {64.0, 0.014}};
  for (const auto& [r, norm] : published) {
    const Descent best = optimum_of_pairs(paired_features(4, 0.1, 1.0, r), context, 12);
    found.splits.push_back({r, (best.model.W.col(1).norm() + best.model.W.col(3).norm()) / 2.0, norm});
  }
  return found;
}

Table pairs_table(const Results& results) {
  Table table{{"density", "rho", "loss", "phase", "w_1", "w_2", "w_3", "w_4"}, {}};
  for (const PairsRow& row : results.found_as<FoundPairs>().rows) {
    std::vector<std::string> entries{text_of(row.density), text_of(row.rho), text_of(row.best.loss),
                                     phase_of_pairs(row.best.model)};
    for (const double w : row.best.model.W.reshaped()) entries.push_back(fmt::format("{:.4f}", w));
    table.add_row(entries);
  }
  return table;
}

Table merging_table(const Results& results) {
  Table table{{"density", "merged_from_rho"}, {}};
  for (const auto& [density, rho] : results.found_as<FoundPairs>().merging)
    table.add_row({text_of(density), text_of(rho)});
  return table;
}

Table split_table(const Results& results) {
  Table table{{"importance_ratio", "weak_norm", "published"}, {}};
  for (const SplitRow& row : results.found_as<FoundPairs>().splits)
    table.add_row({text_of(row.r), text_of(row.weak), text_of(row.published)});
  return table;
}

void draw_pairs(const std::filesystem::path& path, const Results& results) {
  const auto& found = results.found_as<FoundPairs>();
  std::vector<Series> ratios;
  for (const PairsRow& row : found.rows) {
    if (ratios.empty() || row.rho == 0.0)
      ratios.push_back(
          {fmt::format("density {:g}", row.density), {}, SeriesStyle::line_and_points, ratios.size()});
    ratios.back().points.emplace_back(row.rho, weakest_ratio(row.best.model));
  }
  Series weak{"optimum", {}, SeriesStyle::line_and_points, 0};
  Series published{"published", {}, SeriesStyle::points, 1};
  for (const SplitRow& row : found.splits) {
    weak.points.emplace_back(row.r, row.weak);
    published.points.emplace_back(row.r, row.published);
  }
  draw_series(
      path, "Two correlated pairs on one dimension",
      {{"Weaker over stronger feature of a pair", "ρ", "ratio of norms", ratios},
       {"Density 0.1, ρ = 1", "importance ratio", "weak norm", {weak, published}, AxisScale::logarithmic}},
      2);
}

/// Features of the optimum that one dimension represents.
double represented_at(const Results& results, double density, double rho) {
  for (const PairsRow& row : results.found_as<FoundPairs>().rows) {
    if (row.density == density && row.rho == rho)
      return double(represented_features(row.best.model.W).size());
  }
  throw std::logic_error("no such row");
}

double weak_norm(const Results& results, std::size_t k) {
  return results.found_as<FoundPairs>().splits.at(k).weak;
}

}  // namespace

Experiment published_pairs() {
  return {.suite = Suite::published,
          .id = "published-pairs",
          .summary = "Correlated pairs on too few dimensions: merged, uneven, or one dropped",
          .find = find_pairs,
          .tables = {{"pairs", pairs_table}, {"merging", merging_table}, {"split", split_table}},
          .figures = {{"published-pairs",
                       "How much weaker the weaker feature of a pair is in the optimum, against the share of "
                       "shared coins; and against the ratio of importances, beside published trainings.",
                       draw_pairs}},
          .measures = {
              {"merging",
               [](const Results& results) { return results.found_as<FoundPairs>().merging.at(2).second; },
               [](const Results& results) { return results.found_as<FoundPairs>().merging.at(0).second; }},
              {"dense", [](const Results& results) { return represented_at(results, 0.9, 0.25); },
               [](const Results& results) { return represented_at(results, 0.9, 0.0); }},
              {"even-norm", [](const Results& results) { return weak_norm(results, 0); },
               [](const Results& results) { return weak_norm(results, 1); }},
              {"uneven-norm", [](const Results& results) { return weak_norm(results, 2); },
               [](const Results& results) { return weak_norm(results, 3); }}}};
}

}  // namespace digon::experiments
