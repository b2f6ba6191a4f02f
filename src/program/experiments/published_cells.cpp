// The 120 published trainings' losses of ReLU output models with importance 1/i, beside the lowest losses
// known and the published formula for them: arXiv 2604.04037 and its public audit
// (paper_refs/published_cells.csv).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/base/interrupt.hpp"
#include "core/files/table.hpp"
#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "sweep/sweep.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum_search.hpp"

namespace digon::tables {
// Generated from paper_refs.
extern const std::string_view published_cells;
extern const std::string_view published_optima;
}  // namespace digon::tables

namespace digon::experiments {
namespace {

/// Importance 1/i.
FeatureDistribution harmonic_features(Eigen::Index n, double density) {
  FeatureDistribution features = uniform_features(n, density);
  for (Eigen::Index i = 0; i < n; ++i) features.importance[i] = 1.0 / double(i + 1);
  return features;
}

// The search. Of 80 features a descent costs seconds and random starts are hopeless; but the best model in m
// dimensions looks much like the best in m − 1 with one more pair. So models are searched for by chains: m =
// 1, 2, …, each from what the chain found before it.

/// Features 2k and 2k + 1 antipodal, each pair in a dimension of its own; the others absent.
ToyModel pairs_of_the_first(const FeatureDistribution& features, Eigen::Index m) {
  const Eigen::Index n = features.features();
  ToyModel model{Eigen::MatrixXd::Zero(m, n), 0.5 * features.density};
  for (Eigen::Index i = 0; i < std::min(2 * m, n); ++i) {
    model.W(i / 2, i) = i % 2 == 0 ? 1.0 : -1.0;
    model.b[i] = 0.0;
  }
  return model;
}

/// The model with one more dimension for the two most important features that are absent, or the shortest.
ToyModel with_pair_below(const ToyModel& model) {
  const Eigen::Index n = model.features();
  std::vector<Eigen::Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  const Eigen::VectorXd norms = model.W.colwise().norm();
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index j) {
    return std::max(norms[i], represented_norm) < std::max(norms[j], represented_norm);
  });
  ToyModel longer = model;
  longer.W.conservativeResize(model.hidden() + 1, n);
  longer.W.bottomRows(1).setZero();
  for (const double sign : {1.0, -1.0}) {
    const Eigen::Index i = order[sign > 0.0 ? 0 : 1];
    longer.W.col(i).setZero();
    longer.W(model.hidden(), i) = sign;
    longer.b[i] = 0.0;
  }
  return longer;
}

/// The model of features 3, 4, … as it was of 1, 2, …, and the first two a pair in one more dimension.
ToyModel with_pair_above(const ToyModel& model) {
  const Eigen::Index n = model.features();
  ToyModel longer{Eigen::MatrixXd::Zero(model.hidden() + 1, n), Eigen::VectorXd::Zero(n)};
  longer.W.topRightCorner(model.hidden(), n - 2) = model.W.leftCols(n - 2);
  longer.b.tail(n - 2) = model.b.head(n - 2);
  longer.W(model.hidden(), 0) = 1.0;
  longer.W(model.hidden(), 1) = -1.0;
  return longer;
}

/// A chain as a cell: {features, density, hidden (the greatest m), descents (of each m), seed}.
StoredCell compute_chain(const nlohmann::json& settings, const std::string& /*given*/) {
  const FeatureDistribution features = harmonic_features(settings.at("features"), settings.at("density"));
  const Eigen::Index n = features.features();
  const Objective objective = exact_objective(features, 1e-7);
  OptimumSearchOptions options;
  options.evolution = {.pool = 4, .heats = 1, .descents = settings.at("descents"), .patience = 1000};
  options.finish = {.steps = 1000, .function_tolerance = 1e-11};
  options.finished = 1;
  options.seed = settings.at("seed");
  nlohmann::json steps = nlohmann::json::array();
  std::optional<Descent> before;
  for (Eigen::Index m = 1; m <= settings.at("hidden").get<Eigen::Index>() && !interrupted(); ++m) {
    std::vector<ToyModel> given;
    if (before) given = {with_pair_above(before->model), with_pair_below(before->model)};
    given.push_back(pairs_of_the_first(features, m));
    const auto end = population_of_models(objective, n, m, options, std::size_t(m), given);
    if (!end) break;
    before = end->minima.front();
    steps.push_back({{"loss", before->loss}, {"represented", represented_features(before->model.W).size()}});
  }
  return {{{"steps", steps}}, {}};
}

const CellKind chain_kind{"chain", 1, &compute_chain};

/// A published cell and the lowest loss known of it.
struct PublishedCell {
  Eigen::Index features = 0;
  Eigen::Index hidden = 0;
  double sparsity = 0.0;
  double formula = 0.0;  ///< published theory
  double mean = 0.0;     ///< of the published trainings' losses
  double deviation = 0.0;
  double kept = 0.0;       ///< features, on average
  double loss = 0.0;       ///< the lowest known
  double here = 0.0;       ///< the lowest of this run's chains; 0: none was made
  std::size_t chains = 0;  ///< that were made for `loss`
  std::size_t agreeing = 0;
  std::size_t represented = 0;

  [[nodiscard]] double density() const { return 1.0 - sparsity; }
};
using PublishedCells = std::vector<PublishedCell>;

PublishedCells read_cells() {
  PublishedCells cells;
  for (const auto& row : parse_csv(tables::published_cells).rows) {
    cells.push_back({std::stol(row[0]), std::stol(row[1]), std::stod(row[2]), std::stod(row[3]),
                     std::stod(row[4]), std::stod(row[5]), std::stod(row[6])});
  }
  for (const auto& row : parse_csv(tables::published_optima).rows) {
    for (PublishedCell& cell : cells) {
      if (cell.features != std::stol(row[0]) || cell.hidden != std::stol(row[1]) ||
          cell.sparsity != std::stod(row[2])) {
        continue;
      }
      cell.loss = std::stod(row[3]);
      cell.agreeing = std::stoul(row[4]);
      cell.chains = std::stoul(row[5]);
      cell.represented = std::stoul(row[6]);
    }
  }
  return cells;
}

/// What a chain found of a cell is as low as what is known.
constexpr double same_loss = 1e-6;

/// Chains are made of 20 features, in the paper preset of all; the table has the rest.
std::any find_cells(const Results& results) {
  const ExperimentContext& context = results.context;
  PublishedCells cells = read_cells();
  std::vector<std::pair<Eigen::Index, double>> laws;  // features and sparsity, as cells have them in a row
  for (const PublishedCell& cell : cells) {
    const std::pair law{cell.features, cell.sparsity};
    if ((laws.empty() || laws.back() != law) && (cell.features == 20 || context.preset == Preset::paper))
      laws.push_back(law);
  }
  std::vector<SweepCell> sweep_cells;
  std::vector<std::pair<Eigen::Index, double>> law_of_chain;
  const auto chains = context.choose<std::size_t>(1, 3);
  for (std::size_t chain = 0; chain < chains; ++chain) {
    for (const auto& law : laws) {
      Eigen::Index hidden = 0;
      for (const PublishedCell& cell : cells) {
        if (std::pair(cell.features, cell.sparsity) == law) hidden = std::max(hidden, cell.hidden);
      }
      const std::size_t descents = law.first == 80   ? 12
                                   : law.first == 40 ? 60
                                                     : context.choose<std::size_t>(60, 400);
      sweep_cells.push_back({&chain_kind,
                             {{"features", law.first},
                              {"density", 1.0 - law.second},
                              {"hidden", hidden},
                              {"descents", descents},
                              {"seed", context.seed + chain}}});
      law_of_chain.push_back(law);
    }
  }
  const std::vector<StoredCell> found = sweep(context.store, results.id, sweep_cells, context.threads);
  for (PublishedCell& cell : cells) {
    std::vector<double> losses;
    for (std::size_t k = 0; k < found.size(); ++k) {
      if (law_of_chain[k] != std::pair(cell.features, cell.sparsity)) continue;
      const nlohmann::json& step = found[k].result.at("steps").at(std::size_t(cell.hidden - 1));
      losses.push_back(step.at("loss").get<double>());
      if (losses.back() != *std::min_element(losses.begin(), losses.end())) continue;
      cell.here = losses.back();
      if (cell.chains > 0 && cell.here >= cell.loss * (1.0 - same_loss)) continue;
      cell.loss = cell.here;
      cell.represented = step.at("represented").get<std::size_t>();
      cell.agreeing = cell.chains = 0;
    }
    const auto agreeing = std::size_t(std::count_if(
        losses.begin(), losses.end(), [&](double loss) { return loss <= cell.loss * (1.0 + same_loss); }));
    if (agreeing < cell.agreeing || losses.empty()) continue;
    cell.agreeing = agreeing;
    cell.chains = losses.size();
  }
  return cells;
}

/// The excess of the published mean over the lowest loss known, relative, of every cell, ascending.
std::vector<double> excesses(const PublishedCells& cells) {
  std::vector<double> all;
  for (const PublishedCell& cell : cells) all.push_back(cell.mean / cell.loss - 1.0);
  std::sort(all.begin(), all.end());
  return all;
}

/// 1 − Σ(y − f)²/Σ(y − ȳ)² of predictions f of the lowest losses known y.
double explained(const PublishedCells& cells, double PublishedCell::*prediction) {
  double mean = 0.0;
  for (const PublishedCell& cell : cells) mean += cell.loss / double(cells.size());
  double left = 0.0;
  double all = 0.0;
  for (const PublishedCell& cell : cells) {
    left += std::pow(cell.loss - cell.*prediction, 2);
    all += std::pow(cell.loss - mean, 2);
  }
  return 1.0 - left / all;
}

/// PublishedCells at which the formula drops nothing and says 0: the critical width and above.
PublishedCells without_dropped(PublishedCells cells) {
  std::erase_if(cells, [](const PublishedCell& cell) { return cell.formula > 0.0; });
  return cells;
}

/// By how many of its standard deviations a published mean at S = 0.99 lies below the lowest loss known, at
/// most; or below so many times that.
double greatest_shortfall(const PublishedCells& cells, double times = 1.0) {
  double greatest = 0.0;
  for (const PublishedCell& cell : cells) {
    if (cell.sparsity == 0.99)
      greatest = std::max(greatest, (times * cell.loss - cell.mean) / cell.deviation);
  }
  return greatest;
}

/// The greatest share by which this run's chains miss the lowest loss known.
double greatest_miss(const PublishedCells& cells) {
  double greatest = 0.0;
  for (const PublishedCell& cell : cells) {
    if (cell.here > 0.0) greatest = std::max(greatest, cell.here / cell.loss - 1.0);
  }
  return greatest;
}

/// A feature left out with the best bias, or with none, as a share of p/3.
double share_of_dropped(double density, double bias) {
  return exact_loss({Eigen::MatrixXd::Zero(1, 1), Eigen::VectorXd::Constant(1, bias)},
                    uniform_features(1, density))
             .loss /
         (density / 3.0);
}

/// 20 features in one dimension at S = 0.8: the minimum at which these two are a pair.
double pair_loss(Eigen::Index first, Eigen::Index second) {
  const FeatureDistribution features = harmonic_features(20, 0.2);
  ToyModel model{Eigen::MatrixXd::Zero(1, 20), 0.5 * features.density};
  model.W(0, first) = 1.0;
  model.W(0, second) = -1.0;
  model.b[first] = model.b[second] = 0.0;
  return descend(exact_objective(features), model).loss;
}

Table cells_table(const Results& results) {
  Table table{{"features", "hidden", "sparsity", "formula", "published_mean", "published_deviation",
               "published_kept", "lowest_known", "represented", "mean_excess"},
              {}};
  for (const PublishedCell& cell : results.found_as<PublishedCells>()) {
    table.add_row({text_of(std::size_t(cell.features)), text_of(std::size_t(cell.hidden)),
                   text_of(cell.sparsity), text_of(cell.formula), text_of(cell.mean), text_of(cell.deviation),
                   text_of(cell.kept), text_of(cell.loss), text_of(cell.represented),
                   text_of(cell.mean / cell.loss - 1.0)});
  }
  return table;
}

/// A panel for each number of features and sparsity: loss against hidden dimensions.
void draw_cells(const std::filesystem::path& path, const Results& results) {
  std::vector<SeriesPanel> panels;
  std::pair<Eigen::Index, double> law;
  for (const PublishedCell& cell : results.found_as<PublishedCells>()) {
    if (std::exchange(law, {cell.features, cell.sparsity}) != law || panels.empty()) {
      SeriesPanel& panel = panels.emplace_back();
      panel.title = fmt::format("{{/:Italic n}} = {}, {{/:Italic S}} = {}", cell.features, cell.sparsity);
      panel.x_label = "{/:Italic m}";
      panel.y_label = "loss";
      panel.y_range = "[0:*]";
      panel.series = {{"published formula", {}, SeriesStyle::line, 3},
                      {"published mean", {}, SeriesStyle::points, 1, 0.7},
                      {"lowest known", {}, SeriesStyle::line, 0}};
    }
    const auto m = double(cell.hidden);
    panels.back().series[0].points.emplace_back(m, cell.formula);
    panels.back().series[1].points.emplace_back(m, cell.mean);
    panels.back().series[2].points.emplace_back(m, cell.loss);
  }
  draw_series(path, "Published theory, published training, and the lowest loss known", panels, 4);
}

/// The rows of paper_refs/published_optima.csv.
Table optima_table(const Results& results) {
  Table table{{"features", "hidden", "sparsity", "loss", "agreeing", "chains", "represented"}, {}};
  for (const PublishedCell& cell : results.found_as<PublishedCells>()) {
    table.add_row({text_of(std::size_t(cell.features)), text_of(std::size_t(cell.hidden)),
                   text_of(cell.sparsity), text_of(cell.loss), text_of(cell.agreeing), text_of(cell.chains),
                   text_of(cell.represented)});
  }
  return table;
}

}  // namespace

Experiment published_cells() {
  return {
      .suite = Suite::published,
      .id = "published-cells",
      .summary = "120 published trainings beside the lowest losses known and the published formula",
      .find = find_cells,
      .tables = {{"published-cells", cells_table}, {"published_optima", optima_table}},
      .figures = {{"published-cells",
                   "Loss against hidden dimensions: the published formula, the mean of five published "
                   "trainings, and the lowest loss known.",
                   draw_cells}},
      .measures = {
          {"dropped", [](const Results&) { return share_of_dropped(0.2, 0.1); },
           [](const Results&) { return share_of_dropped(0.2, 0.0); }},
          {"top-pair", [](const Results& results) { return results.found_as<PublishedCells>().front().here; },
           [](const Results&) { return pair_loss(0, 3); }},
          {"second-pair", [](const Results&) { return pair_loss(0, 3); },
           [](const Results&) { return pair_loss(0, 2); }},
          {"trainings",
           [](const Results& results) {
             const std::vector<double> all = excesses(results.found_as<PublishedCells>());
             return all[all.size() / 2];
           },
           [](const Results& results) { return excesses(results.found_as<PublishedCells>()).back(); }},
          {"formula",
           [](const Results& results) {
             return explained(without_dropped(results.found_as<PublishedCells>()), &PublishedCell::formula);
           },
           [](const Results& results) {
             return explained(without_dropped(results.found_as<PublishedCells>()), &PublishedCell::mean);
           }},
          {"below",
           [](const Results& results) { return greatest_shortfall(results.found_as<PublishedCells>()); },
           [](const Results& results) {
             return greatest_shortfall(results.found_as<PublishedCells>(), 1.1);
           }},
          {"found-again",
           [](const Results& results) { return greatest_miss(results.found_as<PublishedCells>()); },
           [](const Results& results) {
             return pair_loss(0, 3) / results.found_as<PublishedCells>().front().loss - 1.0;
           }}}};
}

}  // namespace digon::experiments
