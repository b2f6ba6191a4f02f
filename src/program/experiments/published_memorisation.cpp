// Memorised samples and features at the published size, 10,000 features in two dimensions, S = 0.999, samples
// of norm 1 (henighan2023): which has the lower training loss, and which the lower test loss, at which number
// of samples.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/interrupt.hpp"
#include "core/base/random.hpp"
#include "core/files/table.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/memorised_samples.hpp"
#include "sweep/sweep.hpp"
#include "theory/loss/plane_loss.hpp"
#include "theory/optima/descent.hpp"

namespace digon::tables {
extern const std::string_view published_memorisation;  // generated from paper_refs
}  // namespace digon::tables

namespace digon::experiments {
namespace {

constexpr Eigen::Index all_features = 10'000;
constexpr double all_density = 0.001;
constexpr std::uint64_t training_samples_seed = 1;
constexpr std::uint64_t test_samples_seed = 99;
constexpr Eigen::Index test_samples = 20'000;
constexpr Eigen::Index few_samples = 250;  ///< memorised, beside the best number of them

const SparseSamples& samples_of_test() {
  static const SparseSamples x = unit_samples(all_features, all_density, test_samples, test_samples_seed);
  return x;
}

/// A model with its losses; answering 0 costs 1.
struct Fitted {
  ToyModel model;
  double train = std::numeric_limits<double>::infinity();
  Eigen::Index kept = 0;  ///< samples that are memorised
};

Fitted fitted(const ToyModel& model, const SparseSamples& x, Eigen::Index kept = 0) {
  throw_if_interrupted();
  return {model, plane_loss(model, x).loss, kept};
}

double test_loss(const Fitted& one) {
  return plane_loss(one.model, samples_of_test()).loss;
}

void keep_lower(Fitted& best, Fitted other) {
  if (other.train < best.train) best = std::move(other);
}

/// The full-batch descent over all of W and b.
Fitted descended(const Fitted& from, const SparseSamples& x, int steps) {
  if (steps == 0) return from;
  const Objective objective{[&](const ToyModel& model) { return plane_loss(model, x); },
                            Eigen::VectorXd::Ones(all_features)};
  Fitted end = fitted(descend(objective, from.model, {.steps = steps}).model, x, from.kept);
  return end.train < from.train ? end : from;
}

/// The best of polygons of three to seven features.
Fitted best_features(const SparseSamples& x) {
  Fitted best;
  for (Eigen::Index k = 3; k <= 7; ++k) keep_lower(best, fitted(polygon_of_features(x, k), x));
  return best;
}

Fitted best_memory(const SparseSamples& x, const std::vector<Eigen::Index>& most, std::uint64_t seed) {
  Fitted best;
  for (const Eigen::Index K : most) {
    MemorisedSamples memorised = memorise(x, K, seed);
    keep_lower(best, fitted(memorised.model, x, memorised.kept));
  }
  return best;
}

/// The lower of the descents from small and from larger random weights.
Fitted from_random(const SparseSamples& x, int steps, std::uint64_t seed) {
  Fitted best;
  for (const double scale : {0.03, 0.3}) {
    ToyModel model{Eigen::MatrixXd(2, all_features), means(x)};
    fill_standard_normal({model.W.data(), std::size_t(model.W.size())}, {seed, Purpose::initial_weights});
    model.W *= scale;
    keep_lower(best, descended(fitted(model, x), x, steps));
  }
  return best;
}

/// A number of samples as a cell: {samples, most (memorised, to choose from), steps (of descents), seed}.
StoredCell compute_memorisation(const nlohmann::json& settings, const std::string& /*given*/) {
  const auto seed = settings.at("seed").get<std::uint64_t>();
  const int steps = settings.at("steps");
  const SparseSamples x =
      unit_samples(all_features, all_density, settings.at("samples"), training_samples_seed);
  const Fitted built = best_memory(x, settings.at("most").get<std::vector<Eigen::Index>>(), seed);
  const Fitted memory = descended(built, x, steps);
  const Fitted few_kept = best_memory(x, {few_samples}, seed);
  const Fitted polygon = best_features(x);
  const Fitted features = descended(polygon, x, steps);
  nlohmann::json result = {{"absent", fitted({Eigen::MatrixXd::Zero(2, all_features), means(x)}, x).train},
                           {"memorised", memory.kept},
                           {"built_train", built.train},
                           {"built_test", test_loss(built)},
                           {"memory_train", memory.train},
                           {"memory_test", test_loss(memory)},
                           {"few_train", few_kept.train},
                           {"polygon_train", polygon.train},
                           {"polygon_test", test_loss(polygon)},
                           {"features_train", features.train},
                           {"features_test", test_loss(features)}};
  if (steps > 0) {
    const Fitted random = from_random(x, steps, seed);
    result["random_train"] = random.train;
    result["random_test"] = test_loss(random);
  }
  return {result, {}};
}

const CellKind memorisation_kind{"memorisation", 1, &compute_memorisation};

/// The columns of paper_refs/published_memorisation.csv after the number of samples.
const std::vector<std::string> recorded_columns{
    "absent",        "memorised",    "built_train",   "built_test",   "memory_train",
    "memory_test",   "few_train",    "polygon_train", "polygon_test", "features_train",
    "features_test", "random_train", "random_test"};

/// A row of it; NaN where there is no number.
struct MemorisationRow {
  double samples = 0.0;
  std::map<std::string, double> values = {};

  [[nodiscard]] double at(const std::string& column) const { return values.at(column); }
};

struct FoundMemorisation {
  std::vector<MemorisationRow> rows;   ///< the table, or all of this run in the paper preset
  std::vector<MemorisationRow> again;  ///< of this run
};

std::vector<MemorisationRow> recorded_memorisation() {
  std::vector<MemorisationRow> rows;
  for (const auto& row : parse_csv(tables::published_memorisation).rows) {
    MemorisationRow& one = rows.emplace_back(MemorisationRow{std::stod(row[0])});
    for (std::size_t k = 0; k < recorded_columns.size(); ++k)
      one.values[recorded_columns[k]] = std::stod(row[k + 1]);
  }
  return rows;
}

/// Up to 5000 samples whole descents; more only what is built, of one size where that takes a minute.
SweepCell memorisation_cell(const ExperimentContext& context, Eigen::Index samples) {
  std::vector<Eigen::Index> most{500, 1000, 1500, 3000};
  if (samples > 100'000) most = {2000};
  if (context.preset == Preset::quick) most = {1500};
  int steps = samples <= 200 ? 300 : samples <= 5000 ? 100 : 0;
  if (context.preset == Preset::quick) steps = 0;
  return {&memorisation_kind,
          {{"samples", samples}, {"most", most}, {"steps", steps}, {"seed", context.seed}}};
}

std::any find_memorisation(const Results& results) {
  const ExperimentContext& context = results.context;
  std::vector<SweepCell> cells;
  std::vector<Eigen::Index> sizes{20, 200, 1000, 5000};
  if (context.preset == Preset::paper) {
    sizes = {5,    10,     20,     50,     100,     200,     500,     1000,     2000,
             5000, 10'000, 20'000, 50'000, 100'000, 200'000, 500'000, 1'000'000};
  }
  for (const Eigen::Index samples : sizes) cells.push_back(memorisation_cell(context, samples));
  const std::vector<StoredCell> stored = sweep(context.store, results.id, cells, context.threads);
  FoundMemorisation found;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    MemorisationRow& row = found.again.emplace_back(MemorisationRow{double(sizes[k])});
    for (const std::string& column : recorded_columns)
      row.values[column] = stored[k].result.value(column, std::numeric_limits<double>::quiet_NaN());
  }
  found.rows = context.preset == Preset::paper ? found.again : recorded_memorisation();
  return found;
}

Table memorisation_table(const Results& results) {
  Table table{{"samples"}, {}};
  table.columns.insert(table.columns.end(), recorded_columns.begin(), recorded_columns.end());
  for (const MemorisationRow& row : results.found_as<FoundMemorisation>().rows) {
    std::vector<std::string> entries{text_of(row.samples)};
    for (const std::string& column : recorded_columns) entries.push_back(text_of(row.at(column)));
    table.add_row(entries);
  }
  return table;
}

/// A column against the number of samples; `gain`: one minus it.
Series series_of(const FoundMemorisation& found, const std::string& label, const std::string& column,
                 std::size_t color, bool gain) {
  Series series{label, {}, SeriesStyle::line_and_points, color};
  for (const MemorisationRow& row : found.rows) {
    const double value = gain ? 1.0 - row.at(column) : row.at(column);
    if (std::isfinite(value)) series.points.emplace_back(row.samples, value);
  }
  return series;
}

/// Features W_i, and hidden vectors h_t of the samples, over the longest of either.
SeriesPanel vectors_panel(const std::string& title, const ToyModel& model, const SparseSamples& x) {
  const Eigen::Matrix2Xd hidden = model.W * x;
  SeriesPanel panel{
      title,
      "",
      "",
      {{"samples", {}, SeriesStyle::points, 5, 0.5}, {"features", {}, SeriesStyle::points, 3, 0.3}}};
  const double unit = std::max(hidden.colwise().norm().maxCoeff(), 1e-9);
  const double longest = std::max(model.W.colwise().norm().maxCoeff(), 1e-9);
  for (Eigen::Index t = 0; t < x.cols(); ++t) panel.series[0].points.emplace_back(hidden.col(t) / unit);
  for (Eigen::Index i = 0; i < all_features; ++i) {
    if (model.W.col(i).norm() > 1e-3 * longest) panel.series[1].points.emplace_back(model.W.col(i) / longest);
  }
  panel.x_range = panel.y_range = "[-1.1:1.1]";
  return panel;
}

void draw_memorisation(const std::filesystem::path& path, const Results& results) {
  const auto& found = results.found_as<FoundMemorisation>();
  const std::uint64_t seed = results.context.seed;
  const SparseSamples x20 = unit_samples(all_features, all_density, 20, training_samples_seed);
  const SparseSamples x1000 = unit_samples(all_features, all_density, 1000, training_samples_seed);
  const SparseSamples x20000 = unit_samples(all_features, all_density, 20'000, training_samples_seed);
  draw_series(path, "10,000 features in two dimensions, {/:Italic S} = 0.999, samples of norm 1",
              {{"Training loss below that of answering 0",
                "samples",
                "1 − loss",
                {series_of(found, "memorised", "memory_train", 0, true),
                 series_of(found, "250 memorised", "few_train", 5, true),
                 series_of(found, "features", "features_train", 2, true),
                 series_of(found, "random starts", "random_train", 3, true)},
                AxisScale::logarithmic,
                AxisScale::logarithmic,
                "[0.0005:1.5]"},
               {"Loss of 20,000 other samples",
                "samples",
                "loss",
                {series_of(found, "memorised", "memory_test", 0, false),
                 series_of(found, "features", "features_test", 2, false),
                 series_of(found, "random starts", "random_test", 3, false)},
                AxisScale::logarithmic,
                AxisScale::logarithmic},
               {"Loss of 20,000 other samples, near 1",
                "samples",
                "loss",
                {series_of(found, "memorised", "memory_test", 0, false),
                 series_of(found, "features", "features_test", 2, false)},
                AxisScale::logarithmic,
                AxisScale::linear,
                "[0.998:1.006]"},
               vectors_panel("20 samples, memorised", best_memory(x20, {1500}, seed).model, x20),
               vectors_panel("1000 samples, memorised", best_memory(x1000, {1500}, seed).model, x1000),
               vectors_panel("20,000 samples, features", best_features(x20000).model, x20000.leftCols(3000))},
              3);
}

double value_at(const std::vector<MemorisationRow>& rows, double samples, const std::string& column) {
  for (const MemorisationRow& row : rows) {
    if (row.samples == samples) return row.at(column);
  }
  throw std::logic_error("no such row");
}

/// The number of samples at which the features' training loss comes below, between two of the table by the
/// logarithms of what the losses are below 1; 0: nowhere.
double memorisation_crossing(const Results& results, const std::string& memory, const std::string& features) {
  const std::vector<MemorisationRow>& rows = results.found_as<FoundMemorisation>().rows;
  const auto ahead = [&](const MemorisationRow& row) {
    return std::log((1.0 - row.at(memory)) / (1.0 - row.at(features)));
  };
  for (std::size_t k = 1; k < rows.size(); ++k) {
    const double before = ahead(rows[k - 1]);
    const double after = ahead(rows[k]);
    if (before <= 0.0 || after > 0.0) continue;
    const double share = before / (before - after);
    return rows[k - 1].samples * std::pow(rows[k].samples / rows[k - 1].samples, share);
  }
  return 0.0;
}

/// The least number of samples in the table from which on features have a test loss below that of answering
/// 0.
double generalises_from(const Results& results, const std::string& column) {
  double from = 0.0;
  for (const MemorisationRow& row : results.found_as<FoundMemorisation>().rows) {
    if (row.at(column) >= 1.0)
      from = 0.0;
    else if (from == 0.0)
      from = row.samples;
  }
  return from;
}

/// The greatest difference between what this run builds and the table.
double greatest_difference(const Results& results, const std::string& column) {
  const auto& found = results.found_as<FoundMemorisation>();
  double greatest = 0.0;
  for (const MemorisationRow& row : found.again) {
    greatest =
        std::max(greatest, std::abs(row.at(column) - value_at(found.rows, row.samples, "built_train")));
  }
  return greatest;
}

}  // namespace

Experiment published_memorisation() {
  return {
      .suite = Suite::published,
      .id = "published-memorisation",
      .summary = "Memorised samples or features, 10,000 features in two dimensions",
      .find = find_memorisation,
      .tables = {{"published_memorisation", memorisation_table}},
      .figures =
          {{"published-memorisation",
            "Training and test loss against the number of samples: of models that memorise samples, of "
            "those that represent features, and of descents from random weights; below, samples' hidden "
            "vectors and features of three of them, each over the longest.",
            draw_memorisation}},
      .measures = {
          {"at-5000",
           [](const Results& results) {
             const auto& rows = results.found_as<FoundMemorisation>().again;
             return (1.0 - value_at(rows, 5000, "built_train")) /
                    (1.0 - value_at(rows, 5000, "polygon_train"));
           },
           [](const Results& results) {
             const auto& rows = results.found_as<FoundMemorisation>().again;
             return (1.0 - value_at(rows, 5000, "polygon_train")) /
                    (1.0 - value_at(rows, 5000, "built_train"));
           }},
          {"crossing",
           [](const Results& results) {
             return memorisation_crossing(results, "memory_train", "features_train");
           },
           [](const Results& results) {
             return memorisation_crossing(results, "few_train", "features_train");
           }},
          {"crossing-of-few",
           [](const Results& results) {
             return memorisation_crossing(results, "few_train", "features_train");
           },
           [](const Results& results) {
             return memorisation_crossing(results, "memory_train", "features_train");
           }},
          {"generalises", [](const Results& results) { return generalises_from(results, "features_test"); },
           [](const Results& results) { return generalises_from(results, "memory_test"); }},
          {"found-again", [](const Results& results) { return greatest_difference(results, "built_train"); },
           [](const Results& results) { return greatest_difference(results, "polygon_train"); }}}};
}

}  // namespace digon::experiments
