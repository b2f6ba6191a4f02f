// Correlated and anti-correlated features, elhage2022 §4.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/files/table.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/represented.hpp"
#include "plots/arrows_figure.hpp"
#include "plots/basic_figure.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/catalog.hpp"
#include "sweep/kinds/optimum_cell.hpp"

namespace digon {
namespace {

FeatureDistribution in_sets(Eigen::Index n, double density, SetRelation relation, Eigen::Index size) {
  FeatureDistribution features = uniform_features(n, density);
  features.sets = parse_sets("sets", fmt::format("{}", size), relation, n);
  return features;
}

double cosine(const Eigen::MatrixXd& W, Eigen::Index i, Eigen::Index j) {
  return W.col(i).normalized().dot(W.col(j).normalized());
}

std::vector<std::string> feature_names(Eigen::Index n, Eigen::Index size) {
  std::vector<std::string> names;
  for (Eigen::Index i = 0; i < n; ++i) names.push_back(fmt::format("{}  (set {})", i + 1, i / size + 1));
  return names;
}

/// Two pairs in two dimensions: independent, correlated, anti-correlated.
std::optional<std::vector<Check>> run_correlated(const ExperimentContext& context) {
  constexpr double density = 0.1;
  const std::vector<FeatureDistribution> laws{uniform_features(4, density),
                                              in_sets(4, density, SetRelation::correlated, 2),
                                              in_sets(4, density, SetRelation::anticorrelated, 2)};
  const std::vector<std::string> ids{"independent", "pairs", "anti-pairs"};
  const std::vector<std::string> names{"independent", "correlated pairs", "anti-correlated pairs"};
  std::vector<TrainingCell> cells;
  for (const FeatureDistribution& law : laws) {
    TrainingCell cell;
    cell.features = law;
    cell.hidden = 2;
    cell.starts = context.choose<std::size_t>(8, 32);
    cell.seed = context.seed;
    cells.push_back(cell);
  }
  const auto trained = train_cells(context.store, "correlated", cells, context.threads);
  if (!trained) return std::nullopt;
  const auto exact = exact_optima(context, "correlated", cells, *trained, context.choose<std::size_t>(8, 24));
  if (!exact) return std::nullopt;

  std::vector<ArrowsPanel> panels;
  std::vector<Check> checks;
  Table table{{"law", "trained_loss", "exact_optimum", "trained_cosine", "exact_cosine"}, {}};
  for (std::size_t k = 0; k < laws.size(); ++k) {
    const Eigen::MatrixXd& W = (*trained)[k].best.W;
    const Eigen::MatrixXd& best = (*exact)[k].model.W;
    const auto pair_cosine = [](const Eigen::MatrixXd& of) {
      return 0.5 * (cosine(of, 0, 1) + cosine(of, 2, 3));
    };
    panels.push_back({names[k],
                      fmt::format("exact loss {:.5f}, optimum {:.5f}", (*trained)[k].loss, (*exact)[k].loss),
                      W});
    table.add_row({names[k], cell((*trained)[k].loss), cell((*exact)[k].loss), cell(pair_cosine(W)),
                   cell(pair_cosine(best))});
    checks.push_back(judge(fmt::format("correlated/{}/gap", ids[k]), excess_of((*trained)[k], (*exact)[k])));
    if (k == 0) continue;
    checks.push_back(judge(fmt::format("correlated/{}/cosine", ids[k]), pair_cosine(W)));
    checks.push_back(judge(fmt::format("correlated/{}/exact-cosine", ids[k]), pair_cosine(best)));
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "correlated.csv", table);
  draw_arrows(context.folder / "correlated", panels, feature_names(4, 2));
  write_caption(
      context.folder / "correlated", context,
      fmt::format("Four features in two dimensions, density {}, values uniform on [0, 1]: independent, on "
                  "together in pairs, or at most one of a pair at a time.",
                  density));
  return checks;
}

/// Two sets of ten in ten dimensions.
std::optional<std::vector<Check>> run_correlated_bases(const ExperimentContext& context) {
  constexpr Eigen::Index n = 20;
  constexpr Eigen::Index m = 10;
  TrainingCell cell_of_sets;
  cell_of_sets.features = in_sets(n, 0.05, SetRelation::correlated, 10);
  cell_of_sets.hidden = m;
  cell_of_sets.starts = context.choose<std::size_t>(8, 32);
  cell_of_sets.steps = context.choose<std::size_t>(10'000, 30'000);
  cell_of_sets.seed = context.seed;
  TrainingCell independent = cell_of_sets;
  independent.features = uniform_features(n, 0.05);
  const auto trained =
      train_cells(context.store, "correlated-bases", {cell_of_sets, independent}, context.threads);
  if (!trained) return std::nullopt;

  const auto overlap = [](const Eigen::MatrixXd& W, bool inside) {
    double sum = 0.0;
    double count = 0.0;
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < i; ++j) {
        if ((i / 10 == j / 10) != inside) continue;
        sum += std::pow(cosine(W, i, j), 2.0);
        count += 1.0;
      }
    }
    return sum / count;
  };
  std::vector<BasicPanel> panels;
  Table table{{"law", "loss", "mean_squared_cosine_inside", "mean_squared_cosine_across"}, {}};
  const std::vector<std::string> names{"two correlated sets", "independent"};
  for (std::size_t k = 0; k < trained->size(); ++k) {
    const ToyModel& model = (*trained)[k].best;
    const FeatureGeometry geometry = feature_geometry(model.W);
    panels.push_back(
        {names[k], model.W.transpose() * model.W, model.b, geometry.norm, geometry.superposition});
    table.add_row(
        {names[k], cell((*trained)[k].loss), cell(overlap(model.W, true)), cell(overlap(model.W, false))});
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "correlated-bases.csv", table);
  draw_basic(context.folder / "correlated-bases", panels);
  write_caption(
      context.folder / "correlated-bases", context,
      "Twenty features in ten dimensions at density 0.05, values uniform on [0, 1]: two sets of ten that are "
      "on together, beside independent features.");
  const Eigen::MatrixXd& W = (*trained)[0].best.W;
  return std::vector<Check>{judge("correlated-bases/inside", overlap(W, true)),
                            judge("correlated-bases/across", overlap(W, false))};
}

/// Three correlated pairs in two dimensions, from sparse to dense.
std::optional<std::vector<Check>> run_collapse(const ExperimentContext& context) {
  const auto count = context.choose<Eigen::Index>(14, 40);
  std::vector<TrainingCell> cells;
  for (Eigen::Index k = 0; k < count; ++k) {
    const double density = std::pow(10.0, -2.0 + 2.0 * double(k) / double(count - 1));
    TrainingCell cell;
    cell.features = in_sets(6, density, SetRelation::correlated, 2);
    cell.hidden = 2;
    cell.starts = context.choose<std::size_t>(8, 32);
    cell.steps = context.choose<std::size_t>(5'000, 10'000);
    cell.seed = context.seed;
    cells.push_back(std::move(cell));
  }
  const auto trained = train_cells(context.store, "collapse", cells, context.threads);
  if (!trained) return std::nullopt;
  const auto exact = exact_optima(context, "collapse", cells, *trained, context.choose<std::size_t>(2, 48));
  if (!exact) return std::nullopt;

  // A pair has merged where its two features point the same way; a pair that is not represented has not.
  constexpr double merged_cosine = 0.98;
  const auto merged = [](const Eigen::MatrixXd& W) {
    int pairs = 0;
    for (Eigen::Index p = 0; p < 3; ++p) {
      const bool represented =
          W.col(2 * p).norm() > represented_norm && W.col(2 * p + 1).norm() > represented_norm;
      pairs += represented && cosine(W, 2 * p, 2 * p + 1) > merged_cosine;
    }
    return pairs;
  };
  Series of_trained{"trained", {}, SeriesStyle::points, 1, 0.7};
  Series of_exact{"exact optimum", {}, SeriesStyle::line, 0};
  Series gap{"trained", {}, SeriesStyle::line_and_points, 1};
  Table table{{"density", "trained_loss", "exact_optimum", "trained_merged_pairs", "exact_merged_pairs"}, {}};
  int sparse_merged = 0;
  int dense_merged = 0;
  int principal = 3;
  double agree = 0.0;
  double worst = 0.0;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const double density = cells[k].features.density[0];
    const int found = merged((*trained)[k].best.W);
    const int best = merged((*exact)[k].model.W);
    const double excess = excess_of((*trained)[k], (*exact)[k]);
    of_trained.points.emplace_back(density, found);
    of_exact.points.emplace_back(density, best);
    gap.points.emplace_back(density, 100.0 * excess);
    if (density < 0.05) sparse_merged = std::max(sparse_merged, found);
    if (density >= 0.25 && density <= 0.5) dense_merged = std::max(dense_merged, found);
    if (density > 0.5 && density < 0.9) principal = std::min(principal, found);
    agree += found == best;
    worst = std::max(worst, excess);
    table.add_row({cell(density), cell((*trained)[k].loss), cell((*exact)[k].loss), cell(std::size_t(found)),
                   cell(std::size_t(best))});
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "collapse.csv", table);
  SeriesPanel pairs{"pairs merged into one direction", "density", "pairs, of three", {of_exact, of_trained}};
  pairs.x_scale = AxisScale::logarithmic;
  pairs.y_range = "[-0.2:3.2]";
  SeriesPanel gaps{"distance to the optimum", "density", "excess, % of the zero model's loss", {gap}};
  gaps.x_scale = AxisScale::logarithmic;
  draw_series(context.folder / "collapse", "Three correlated pairs, {/:Italic n} = 6, {/:Italic m} = 2",
              {pairs, gaps});
  write_caption(context.folder / "collapse", context,
                fmt::format("Pairs whose features point the same way (cosine above {}), features {}.",
                            merged_cosine, describe_law(cells[0].features)));
  return std::vector<Check>{judge("collapse/sparse", sparse_merged), judge("collapse/dense", dense_merged),
                            judge("collapse/principal-components", principal),
                            judge("collapse/agreement", agree / double(cells.size())),
                            judge("collapse/gap", worst)};
}

}  // namespace

std::vector<CatalogEntry> correlation_experiments() {
  return {{"correlated", "correlated pairs are orthogonal, anti-correlated pairs antipodal", &run_correlated},
          {"correlated-bases", "two sets of correlated features: local almost-orthogonal bases",
           &run_correlated_bases},
          {"collapse", "correlated pairs merge into their principal components as they grow denser",
           &run_collapse}};
}

}  // namespace digon
