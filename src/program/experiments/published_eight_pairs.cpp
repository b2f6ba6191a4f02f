// Published trainings of sixteen features in four dimensions, eight pairs on coins shared with probability ρ,
// beside the lowest losses known of all eight at once (paper_refs/published_pairs.csv).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <utility>

#include "core/files/table.hpp"
#include "empirical/sampling/samples.hpp"
#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "sweep/sweep.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum.hpp"

namespace digon::tables {
extern const std::string_view published_pairs;  // generated from paper_refs
}

namespace digon::experiments {
namespace {

constexpr Eigen::Index features_of_pairs = 16;
constexpr Eigen::Index hidden_of_pairs = 4;

// The search. The exact loss is a mixture of 3⁸ laws, some seconds an evaluation: descents follow the loss of
// drawn samples, a twentieth of a second, and the exact loss states what they ended at.

/// The lowest of eight descents on the exact loss of a smaller problem.
ToyModel best_of_eight(const FeatureDistribution& features, Eigen::Index hidden, std::uint64_t seed) {
  OptimumOptions options;
  options.starts = 8;
  options.seed = seed;
  options.threads = 1;
  return lowest(find_minima(exact_objective(features), features.features(), hidden, options)).model;
}

/// The block of two pairs in each dimension, at its optimum.
ToyModel four_blocks(double density, double rho, std::uint64_t seed) {
  const ToyModel block = best_of_eight(paired_features(4, density, rho), 1, seed);
  ToyModel model{Eigen::MatrixXd::Zero(hidden_of_pairs, features_of_pairs), block.b.replicate(4, 1)};
  for (Eigen::Index k = 0; k < hidden_of_pairs; ++k) model.W.block(k, 4 * k, 1, 4) = block.W;
  return model;
}

/// Each feature of eight at their optimum made two of 1/√2 its length.
ToyModel merged_features(double density, std::uint64_t seed) {
  const ToyModel eight = best_of_eight(uniform_features(8, density), hidden_of_pairs, seed);
  ToyModel model{Eigen::MatrixXd(hidden_of_pairs, features_of_pairs), Eigen::VectorXd(features_of_pairs)};
  for (Eigen::Index i = 0; i < features_of_pairs; ++i) {
    model.W.col(i) = eight.W.col(i / 2) * std::sqrt(0.5);
    model.b[i] = eight.b[i / 2];
  }
  return model;
}

/// A search as a cell: {density, rho, samples, starts, seed}.
StoredCell compute_eight_pairs(const nlohmann::json& settings, const std::string& /*given*/) {
  const double density = settings.at("density");
  const double rho = settings.at("rho");
  const std::uint64_t seed = settings.at("seed");
  const Eigen::Index samples = settings.at("samples");
  const FeatureDistribution features = paired_features(features_of_pairs, density, rho);
  const auto drawn = [&](Eigen::Index count, std::uint64_t of) {
    return with_data(
        uniform_features(features_of_pairs, density),
        std::make_shared<FeatureData>(FeatureData{draw_samples(features, count, of, 1), "drawn"}));
  };
  OptimumOptions options;
  options.starts = settings.at("starts");
  options.seed = seed;
  options.threads = 1;
  const std::vector<ToyModel> starts{four_blocks(density, rho, seed), merged_features(density, seed)};
  const std::vector<LocalMinimum> coarse =
      find_minima(exact_objective(drawn(samples / 8, derive_seed(seed, 1))), features_of_pairs,
                  hidden_of_pairs, options, starts);
  // Those that are lowest on few samples, further on all of them, and the lowest on others.
  const Objective objective = exact_objective(drawn(samples, derive_seed(seed, 2)));
  const FeatureDistribution others = drawn(samples, derive_seed(seed, 3));
  Descent best;
  best.loss = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < std::min<std::size_t>(coarse.size(), 4) && !interrupted(); ++k) {
    Descent fine = descend(objective, coarse[k].at.model);
    fine.loss = exact_loss(fine.model, others).loss;
    if (fine.loss < best.loss) best = fine;
  }
  best.loss = exact_loss(best.model, features, {.relative_tolerance = 1e-8}).loss;
  const double blocks = exact_loss(starts.front(), features, {.relative_tolerance = 1e-8}).loss;
  if (blocks <= best.loss) best = {starts.front(), blocks};  // which samples only spoil
  nlohmann::json result = to_json(best);
  result["blocks"] = blocks;
  return {result, {}};
}

const CellKind eight_pairs_kind{"eight pairs", 1, &compute_eight_pairs};

// What is known and what this run finds.

struct EightPairs {
  double density = 0.0;
  double rho = 0.0;
  double loss = 0.0;    ///< the lowest known
  ToyModel model = {};  ///< that has it
  double blocks = 0.0;  ///< the loss of four blocks
  double here = 0.0;    ///< this run's search; 0: none was made
};
using AllEightPairs = std::vector<EightPairs>;

AllEightPairs read_eight_pairs() {
  AllEightPairs all;
  for (const auto& row : parse_csv(tables::published_pairs).rows) {
    std::istringstream numbers(row[4]);
    ToyModel model{Eigen::MatrixXd(hidden_of_pairs, features_of_pairs), Eigen::VectorXd(features_of_pairs)};
    for (double& w : model.W.reshaped()) numbers >> w;
    for (double& b : model.b) numbers >> b;
    all.push_back({std::stod(row[0]), std::stod(row[1]), std::stod(row[2]), model, std::stod(row[3])});
  }
  return all;
}

/// The quick preset searches where a coin is always shared, for two densities; the table has the rest.
std::any find_eight_pairs(const Results& results) {
  const ExperimentContext& context = results.context;
  AllEightPairs all = read_eight_pairs();
  std::vector<SweepCell> cells;
  std::vector<std::size_t> searched;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const EightPairs& one = all[k];
    const bool quick = one.rho == 1.0 && (one.density == 0.1 || one.density == 0.5);
    if (context.preset == Preset::quick && !quick) continue;
    cells.push_back({&eight_pairs_kind,
                     {{"density", one.density},
                      {"rho", one.rho},
                      {"samples", context.choose(8192, 65536)},
                      {"starts", context.choose(4, 8)},
                      {"seed", context.seed}}});
    searched.push_back(k);
  }
  const std::vector<StoredCell> found = sweep(context.store, results.id, cells, context.threads);
  for (std::size_t c = 0; c < found.size(); ++c) {
    EightPairs& one = all[searched[c]];
    const Descent descent =
        descent_from(found[c].result, features_of_pairs, hidden_of_pairs, ModelKind::relu_output);
    one.here = descent.loss;
    if (one.loss <= one.here) continue;
    one.loss = one.here;
    one.model = descent.model;
    one.blocks = found[c].result.at("blocks");
  }
  return all;
}

/// The mean |cos| of the pairs whose features are both represented; NaN where there is none.
double mean_cosine(const ToyModel& model) {
  double sum = 0.0;
  int pairs = 0;
  for (Eigen::Index i = 0; i < features_of_pairs; i += 2) {
    if (std::min(model.W.col(i).norm(), model.W.col(i + 1).norm()) < represented_norm) continue;
    sum += std::abs(column_cosine(model.W, i, i + 1));
    ++pairs;
  }
  return pairs > 0 ? sum / pairs : std::numeric_limits<double>::quiet_NaN();
}

/// ‖W‖²/m
double features_per_dimension(const ToyModel& model) {
  return model.W.squaredNorm() / double(hidden_of_pairs);
}

/// The rows of paper_refs/published_pairs.csv.
Table eight_pairs_record(const Results& results) {
  Table table{{"density", "rho", "loss", "blocks", "weights"}, {}};
  for (const EightPairs& one : results.found_as<AllEightPairs>()) {
    std::string weights;
    for (const double w : one.model.W.reshaped()) weights += fmt::format("{:.10g} ", w);
    for (const double b : one.model.b) weights += fmt::format("{:.10g} ", b);
    weights.pop_back();
    table.add_row({text_of(one.density), text_of(one.rho), text_of(one.loss), text_of(one.blocks), weights});
  }
  return table;
}

Table eight_pairs_table(const Results& results) {
  Table table{{"density", "rho", "loss", "loss_of_blocks", "represented", "features_per_dimension",
               "mean_cosine_of_pairs"},
              {}};
  for (const EightPairs& one : results.found_as<AllEightPairs>()) {
    table.add_row({text_of(one.density), text_of(one.rho), text_of(one.loss), text_of(one.blocks),
                   text_of(represented_features(one.model.W).size()),
                   text_of(features_per_dimension(one.model)),
                   std::isnan(mean_cosine(one.model)) ? "" : text_of(mean_cosine(one.model))});
  }
  return table;
}

double cosine_of(const EightPairs& one) {
  return mean_cosine(one.model);
}
double per_dimension_of(const EightPairs& one) {
  return features_per_dimension(one.model);
}
double represented_per_dimension(const EightPairs& one) {
  return double(represented_features(one.model.W).size()) / double(hidden_of_pairs);
}
double share_of_blocks(const EightPairs& one) {
  return one.loss / one.blocks;
}

/// A line a density, of what `value` says, against ρ.
std::vector<Series> lines_of(const AllEightPairs& all, double (*value)(const EightPairs&)) {
  std::vector<Series> lines;
  for (const EightPairs& one : all) {
    if (one.rho == 0.0) {
      lines.push_back(
          {fmt::format("density {:g}", one.density), {}, SeriesStyle::line_and_points, lines.size()});
    }
    if (const double y = value(one); std::isfinite(y)) lines.back().points.emplace_back(one.rho, y);
  }
  return lines;
}

void draw_eight_pairs(const std::filesystem::path& path, const Results& results) {
  const auto& all = results.found_as<AllEightPairs>();
  const std::string rho = "ρ";
  draw_series(
      path, "Eight pairs of features in four dimensions",
      {{"Cosine of a pair", rho, "mean |cos|, both represented", lines_of(all, cosine_of)},
       {"Features per dimension", rho, "‖{/:Italic W}‖²/{/:Italic m}", lines_of(all, per_dimension_of)},
       {"Beside two pairs to a dimension", rho, "loss over theirs", lines_of(all, share_of_blocks)}},
      3);
}

const EightPairs& eight_pairs_at(const Results& results, double density, double rho) {
  for (const EightPairs& one : results.found_as<AllEightPairs>()) {
    if (one.density == density && one.rho == rho) return one;
  }
  throw std::logic_error("no such row");
}

/// The greatest relative difference of the known losses that are quick to evaluate, at ρ = 0 and 1, from
/// those of their models, the weights stretched so much.
double record_error(const Results& results, double stretch) {
  double greatest = 0.0;
  for (const EightPairs& one : results.found_as<AllEightPairs>()) {
    if (one.rho != 0.0 && one.rho != 1.0) continue;
    ToyModel model = one.model;
    model.W *= stretch;
    const double loss = exact_loss(model, paired_features(features_of_pairs, one.density, one.rho)).loss;
    greatest = std::max(greatest, std::abs(loss / one.loss - 1.0));
  }
  return greatest;
}

/// By how much this run's searches miss the lowest known, the worst of them.
double search_miss(const Results& results) {
  double greatest = 0.0;
  for (const EightPairs& one : results.found_as<AllEightPairs>()) {
    if (one.here > 0.0) greatest = std::max(greatest, one.here / one.loss - 1.0);
  }
  return greatest;
}

/// A number of the lowest known model of a law, and of that of another as its null.
Measure at(std::string name, double (*value)(const EightPairs&), std::pair<double, double> law,
           std::pair<double, double> other) {
  const auto of = [value](std::pair<double, double> which) {
    return [value, which](const Results& results) {
      return value(eight_pairs_at(results, which.first, which.second));
    };
  };
  return {std::move(name), of(law), of(other)};
}

}  // namespace

Experiment published_eight_pairs() {
  return {
      .suite = Suite::published,
      .id = "published-eight-pairs",
      .summary = "Eight correlated pairs in four dimensions: the lowest losses known",
      .find = find_eight_pairs,
      .tables = {{"eight-pairs", eight_pairs_table}, {"published_pairs", eight_pairs_record}},
      .figures =
          {{"published-eight-pairs",
            "Of the lowest known models, how parallel the features of a pair are, features per dimension, "
            "and the loss beside that of two pairs to a dimension, against the share of shared coins.",
            draw_eight_pairs}},
      .measures = {{"record", [](const Results& results) { return record_error(results, 1.0); },
                    [](const Results& results) { return record_error(results, 1.001); }},
                   {"found-again", search_miss,
                    [](const Results& results) {
                      return 1.0 / share_of_blocks(eight_pairs_at(results, 0.05, 0.0)) - 1.0;
                    }},
                   at("merged", cosine_of, {0.1, 0.5}, {0.2, 0.5}),
                   at("sparse-shared", cosine_of, {0.05, 1.0}, {0.05, 0.75}),
                   at("sparse-independent", cosine_of, {0.05, 0.0}, {0.05, 0.5}),
                   at("blocks", share_of_blocks, {0.05, 0.0}, {0.2, 1.0}),
                   at("dense-independent", per_dimension_of, {0.9, 0.0}, {0.9, 0.25}),
                   at("dense-shared", represented_per_dimension, {0.9, 0.25}, {0.9, 0.0})}};
}

}  // namespace digon::experiments
