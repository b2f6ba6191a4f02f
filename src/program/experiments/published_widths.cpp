// Loss against the number of dimensions for features whose frequencies fall as a power (liu2025): the lowest
// loss known, that of unit columns, of random ones, of the most frequent features alone, and of trainings.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/base/interrupt.hpp"
#include "core/base/random.hpp"
#include "core/files/table.hpp"
#include "empirical/training/training.hpp"
#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "sweep/sweep.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/sparse_expansion.hpp"
#include "theory/optima/optimum_search.hpp"

namespace digon::tables {
extern const std::string_view published_widths;  // generated from paper_refs
}  // namespace digon::tables

namespace digon::experiments {
namespace {

constexpr Eigen::Index width_features = 60;  ///< of most rows; others show what n changes
constexpr std::array<Eigen::Index, 4> feature_counts{20, 40, width_features, 80};
constexpr double width_accuracy = 1e-6;  ///< of exact losses, relative

/// p_i ∝ i^−α with one feature on in a sample, on average.
FeatureDistribution power_law(Eigen::Index n, double alpha) {
  FeatureDistribution features = uniform_features(n, 0.0);
  for (Eigen::Index i = 0; i < n; ++i) features.density[i] = std::pow(double(i + 1), -alpha);
  features.density /= features.density.sum();
  return features;
}

/// The exact loss, and as its guide the loss to second order, which is 20 times as fast and 1 to 2% off.
Objective width_objective(const FeatureDistribution& features) {
  Objective objective = exact_objective(features, width_accuracy);
  objective.guide = [=](const ToyModel& model) { return sparse_expansion(model, features); };
  return objective;
}

/// An objective of the columns' directions: all norms are 1.
Objective of_unit_columns(const std::function<LossGradient(const ToyModel&)>& loss,
                          const Eigen::VectorXd& importance) {
  return {[loss](const ToyModel& model) {
            ToyModel unit = model;
            for (auto column : unit.W.colwise()) column.normalize();
            LossGradient at = loss(unit);
            for (Eigen::Index i = 0; i < unit.features(); ++i) {
              const Eigen::VectorXd slope = at.by_W.col(i);
              const double norm =
                  std::max(model.W.col(i).norm(), 1e-9);  // 0 where descents ask for their unit
              at.by_W.col(i) = (slope - unit.W.col(i).dot(slope) * unit.W.col(i)) / norm;
            }
            return at;
          },
          importance};
}

/// An objective of the biases alone.
Objective of_biases(const std::function<LossGradient(const ToyModel&)>& loss,
                    const Eigen::VectorXd& importance) {
  return {[loss](const ToyModel& model) {
            LossGradient at = loss(model);
            at.by_W.setZero();
            return at;
          },
          importance};
}

/// A descent on the loss to second order, then some steps on the exact one.
template <typename Restrict>
Descent descend_both(const Objective& objective, const ToyModel& start, const Restrict& restricted) {
  const Descent guided = descend(restricted(objective.guide, objective.importance), start,
                                 {.steps = 600, .function_tolerance = 1e-9});
  return descend(restricted(objective.loss, objective.importance), guided.model,
                 {.steps = 60, .function_tolerance = 1e-8});
}

ToyModel random_unit_columns(Eigen::Index n, Eigen::Index m, std::uint64_t seed) {
  ToyModel model{Eigen::MatrixXd(m, n), Eigen::VectorXd::Constant(n, -0.1)};
  fill_standard_normal({model.W.data(), std::size_t(model.W.size())}, {seed, Purpose::initial_weights});
  model.W.colwise().normalize();
  return model;
}

/// The first features in m dimensions, `each` of them in a dimension, one or an antipodal pair; the others
/// absent.
ToyModel most_frequent(const FeatureDistribution& features, Eigen::Index m, Eigen::Index each) {
  ToyModel model{Eigen::MatrixXd::Zero(m, features.features()), 0.5 * features.density};
  for (Eigen::Index i = 0; i < std::min(each * m, features.features()); ++i) {
    model.W(i / each, i) = i % each == 0 ? 1.0 : -1.0;
    model.b[i] = 0.0;
  }
  return model;
}

/// A training by AdamW as liu2025 has it, but for the size.
ToyModel trained_model(const FeatureDistribution& features, Eigen::Index m, double weight_decay,
                       std::size_t steps, std::uint64_t seed) {
  TrainingSettings settings;
  settings.steps = steps;
  settings.optimizer.kind = OptimizerKind::adamw;
  settings.optimizer.schedule = Schedule::cosine;
  settings.optimizer.learning_rate = 1e-2;
  settings.optimizer.weight_decay = weight_decay;
  settings.threads = 1;
  return train({{ModelKind::relu_output, m, features, seed}}, settings).front().model;
}

/// A width as a cell: {alpha, features, hidden, descents, draws (of random directions), steps, seed}.
StoredCell compute_width(const nlohmann::json& settings, const std::string& /*given*/) {
  const auto n = settings.at("features").get<Eigen::Index>();
  const FeatureDistribution features = power_law(n, settings.at("alpha"));
  const auto m = settings.at("hidden").get<Eigen::Index>();
  const auto seed = settings.at("seed").get<std::uint64_t>();
  const Objective objective = width_objective(features);
  OptimumSearchOptions options;
  options.evolution = {.pool = 4, .heats = 1, .descents = settings.at("descents"), .patience = 1000};
  options.finish = {.steps = 100, .function_tolerance = 1e-8};
  options.finished = 1;
  options.seed = seed;
  const auto end = population_of_models(
      objective, n, m, options, 0,
      {most_frequent(features, m, 1), most_frequent(features, m, 2), random_unit_columns(n, m, seed)});
  if (!end || interrupted()) return {};
  Descent lowest = with_best_absent_biases(objective, end->minima.front());
  const auto steps = settings.at("steps").get<std::size_t>();
  const std::array trained{trained_model(features, m, 0.0, steps, seed),
                           trained_model(features, m, 1.0, steps, seed)};
  for (const ToyModel& model : trained) {
    const Descent end_of_it = descend(objective, model, options.finish);
    if (end_of_it.loss < lowest.loss) lowest = end_of_it;
  }
  double unit = std::numeric_limits<double>::infinity();
  double random = 0.0;
  const auto draws = settings.at("draws").get<std::uint64_t>();
  for (std::uint64_t k = 0; k < draws && !interrupted(); ++k) {
    const ToyModel start = random_unit_columns(n, m, derive_seed(seed, k));
    unit = std::min(unit, descend_both(objective, start, of_unit_columns).loss);
    random += descend_both(objective, start, of_biases).loss / double(draws);
  }
  const auto loss_of_model = [&](const ToyModel& model) {
    return exact_loss(model, features, {.relative_tolerance = width_accuracy}).loss;
  };
  return {{{"lowest", lowest.loss},
           {"represented", represented_features(lowest.model.W).size()},
           {"unit", unit},
           {"random", random},
           {"adam", loss_of_model(trained[0])},
           {"decayed", loss_of_model(trained[1])}},
          {}};
}

const CellKind width_kind{"width", 2, &compute_width};

/// A row of paper_refs/published_widths.csv.
struct WidthRow {
  Eigen::Index features = 0;
  double alpha = 0.0;
  Eigen::Index hidden = 0;
  double lowest = 0.0;
  std::size_t represented = 0;
  double unit = 0.0;      ///< the lowest with all norms 1
  double random = 0.0;    ///< random directions of norm 1 with the best biases
  double adam = 0.0;      ///< a training without weight decay
  double decayed = 0.0;   ///< and with
  double frequent = 0.0;  ///< the m most frequent features alone
};
using WidthRows = std::vector<WidthRow>;

/// The exact loss of the m most frequent features alone: p/3 − p²/4 of each other.
double loss_of_frequent(Eigen::Index n, double alpha, Eigen::Index m) {
  const FeatureDistribution features = power_law(n, alpha);
  return exact_loss(most_frequent(features, m, 1), features, {.relative_tolerance = width_accuracy}).loss;
}

WidthRows recorded_widths() {
  WidthRows rows;
  for (const auto& row : parse_csv(tables::published_widths).rows) {
    rows.push_back({std::stol(row[0]), std::stod(row[1]), std::stol(row[2]), std::stod(row[3]),
                    std::stoul(row[4]), std::stod(row[5]), std::stod(row[6]), std::stod(row[7]),
                    std::stod(row[8])});
  }
  return rows;
}

/// All widths in the paper preset, else one again.
struct FoundWidths {
  WidthRows rows;
  double again = 0.0;  ///< the lowest of this run, of the first row
};

std::any find_widths(const Results& results) {
  const ExperimentContext& context = results.context;
  FoundWidths found;
  std::vector<SweepCell> cells;
  const auto add = [&](Eigen::Index n, double alpha, Eigen::Index m) {
    cells.push_back({&width_kind,
                     {{"features", n},
                      {"alpha", alpha},
                      {"hidden", m},
                      {"descents", context.choose(3, 12)},
                      {"draws", context.choose(1, 3)},
                      {"steps", context.choose(100, 2000)},
                      {"seed", context.seed}}});
  };
  const std::vector<double> alphas{0.0, 0.5, 1.0, 1.5};
  const std::vector<Eigen::Index> widths{2, 3, 5, 8};
  if (context.preset == Preset::paper) {
    for (const Eigen::Index n : feature_counts) {
      for (const Eigen::Index m : widths) {
        for (const double alpha : alphas) add(n, alpha, m);
      }
    }
  } else {
    add(width_features, 1.5, 2);
  }
  const std::vector<StoredCell> stored = sweep(context.store, results.id, cells, context.threads);
  found.rows = recorded_widths();
  if (context.preset == Preset::paper) {
    found.rows.clear();
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const nlohmann::json& at = stored[k].result;
      found.rows.push_back({cells[k].settings.at("features"), cells[k].settings.at("alpha"),
                            cells[k].settings.at("hidden"), at.at("lowest"), at.at("represented"),
                            at.at("unit"), at.at("random"), at.at("adam"), at.at("decayed")});
    }
  }
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const nlohmann::json& settings = cells[k].settings;
    if (settings.at("features") == width_features && settings.at("alpha") == 1.5 &&
        settings.at("hidden") == 2)
      found.again = stored[k].result.at("lowest");
  }
  for (WidthRow& row : found.rows) row.frequent = loss_of_frequent(row.features, row.alpha, row.hidden);
  return found;
}

Table widths_table(const Results& results) {
  Table table{{"features", "alpha", "hidden", "lowest", "represented", "unit_norms", "random_directions",
               "adamw", "adamw_decay_1", "most_frequent"},
              {}};
  for (const WidthRow& row : results.found_as<FoundWidths>().rows) {
    table.add_row({text_of(std::size_t(row.features)), text_of(row.alpha), text_of(std::size_t(row.hidden)),
                   text_of(row.lowest), text_of(row.represented), text_of(row.unit), text_of(row.random),
                   text_of(row.adam), text_of(row.decayed), text_of(row.frequent)});
  }
  return table;
}

using WidthColumn = double WidthRow::*;

/// The rows of one law, by width.
WidthRows rows_of(const Results& results, double alpha, Eigen::Index n = width_features) {
  WidthRows rows;
  for (const WidthRow& row : results.found_as<FoundWidths>().rows) {
    if (row.alpha == alpha && row.features == n) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(),
            [](const WidthRow& one, const WidthRow& other) { return one.hidden < other.hidden; });
  return rows;
}

/// −d ln L/d ln m between two widths next to each other.
double exponent(const WidthRow& narrow, const WidthRow& wide, WidthColumn column) {
  return std::log(narrow.*column / (wide.*column)) / std::log(double(wide.hidden) / double(narrow.hidden));
}

std::vector<double> exponents(const Results& results, WidthColumn column) {
  std::vector<double> all;
  for (const double alpha : {0.0, 0.5, 1.0, 1.5}) {
    const WidthRows rows = rows_of(results, alpha);
    for (std::size_t k = 1; k < rows.size(); ++k) all.push_back(exponent(rows[k - 1], rows[k], column));
  }
  return all;
}

double spread(const std::vector<double>& values) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  return *greatest - *least;
}

/// The local exponents between 5 and 8 dimensions of every number of features, of equal frequencies.
std::vector<double> exponents_by_size(const Results& results) {
  std::vector<double> all;
  for (const Eigen::Index n : feature_counts) {
    const WidthRows rows = rows_of(results, 0.0, n);
    all.push_back(exponent(rows.at(2), rows.at(3), &WidthRow::lowest));
  }
  return all;
}

double greatest_excess(const Results& results, WidthColumn column) {
  double greatest = 0.0;
  for (const WidthRow& row : results.found_as<FoundWidths>().rows) {
    if (row.features == width_features) greatest = std::max(greatest, row.*column / row.lowest - 1.0);
  }
  return greatest;
}

/// The local exponents of the lowest losses known of every number of features, against features a dimension.
SeriesPanel exponents_of_sizes(const Results& results, double alpha) {
  std::vector<Series> series;
  for (const Eigen::Index n : feature_counts) {
    const WidthRows rows = rows_of(results, alpha, n);
    Series& one = series.emplace_back();
    one.label = fmt::format("{{/:Italic n}} = {}", n);
    one.style = SeriesStyle::line_and_points;
    one.color = std::array<std::size_t, 4>{2, 4, 0, 5}.at(series.size() - 1);
    for (std::size_t k = 1; k < rows.size(); ++k) {
      const double at = double(n) / std::sqrt(double(rows[k - 1].hidden) * double(rows[k].hidden));
      one.points.emplace_back(at, exponent(rows[k - 1], rows[k], &WidthRow::lowest));
    }
  }
  SeriesPanel panel{fmt::format("Lowest known, α = {:g}", alpha), "{/:Italic n}/{/:Italic m}",
                    "−d ln {/:Italic L}/d ln {/:Italic m}", std::move(series)};
  panel.x_scale = AxisScale::logarithmic;
  panel.x_tics = "(3, 5, 10, 20, 30)";
  return panel;
}

Series width_series(const WidthRows& rows, const std::string& label, WidthColumn column, SeriesStyle style,
                    std::size_t color) {
  Series series{label, {}, style, color};
  for (const WidthRow& row : rows) series.points.emplace_back(double(row.hidden), row.*column);
  return series;
}

void draw_widths(const std::filesystem::path& path, const Results& results) {
  std::vector<SeriesPanel> panels;
  std::vector<Series> lowest;
  std::vector<Series> unit;
  for (const double alpha : {0.0, 0.5, 1.0, 1.5}) {
    const WidthRows rows = rows_of(results, alpha);
    const std::string law = alpha == 0.0 ? "equal frequencies"
                                         : fmt::format("{{/:Italic p_i}} ∝ {{/:Italic i}}^{{−{:g}}}", alpha);
    panels.push_back({law,
                      "{/:Italic m}",
                      "loss",
                      {width_series(rows, "lowest known", &WidthRow::lowest, SeriesStyle::line_and_points, 0),
                       width_series(rows, "norms 1", &WidthRow::unit, SeriesStyle::line_and_points, 2),
                       width_series(rows, "random", &WidthRow::random, SeriesStyle::line_and_points, 5),
                       width_series(rows, "most frequent", &WidthRow::frequent, SeriesStyle::line, 6),
                       width_series(rows, "AdamW", &WidthRow::adam, SeriesStyle::points, 3),
                       width_series(rows, "decay 1", &WidthRow::decayed, SeriesStyle::points, 4)},
                      AxisScale::linear,
                      AxisScale::logarithmic});
    const std::string label = fmt::format("α = {:g}", alpha);
    const std::size_t color = std::array<std::size_t, 4>{0, 2, 3, 4}.at(lowest.size());
    lowest.push_back({label, {}, SeriesStyle::line_and_points, color});
    unit.push_back(lowest.back());
    for (std::size_t k = 1; k < rows.size(); ++k) {
      const double at = std::sqrt(double(rows[k - 1].hidden) * double(rows[k].hidden));
      lowest.back().points.emplace_back(at, exponent(rows[k - 1], rows[k], &WidthRow::lowest));
      unit.back().points.emplace_back(at, exponent(rows[k - 1], rows[k], &WidthRow::unit));
    }
  }
  panels.push_back(
      {"Lowest known: local exponent", "{/:Italic m}", "−d ln {/:Italic L}/d ln {/:Italic m}", lowest});
  panels.push_back({"Norms 1: local exponent", "{/:Italic m}", "−d ln {/:Italic L}/d ln {/:Italic m}", unit});
  for (const double alpha : {0.0, 0.5, 1.0, 1.5}) panels.push_back(exponents_of_sizes(results, alpha));
  for (std::size_t k = 4; k < panels.size(); ++k) panels[k].levels = {{1.0, "1/m"}};
  draw_series(path,
              "One feature on at a time on average, frequencies a power of the rank; 60 features where no "
              "other number is said",
              panels, 3);
}

}  // namespace

Experiment published_widths() {
  return {
      .suite = Suite::published,
      .id = "published-widths",
      .summary = "Loss against dimensions for features of power-law frequency: optimum or optimiser",
      .find = find_widths,
      .tables = {{"published_widths", widths_table}},
      .figures = {{"published-widths",
                   "60 features: loss against dimensions for four laws of frequency: the lowest known, the "
                   "lowest with all "
                   "norms 1, random directions with the best biases, the most frequent features alone, and "
                   "trainings with and without weight decay; and the local exponents, last of 20 to 80 "
                   "features against "
                   "features a dimension.",
                   draw_widths}},
      .measures = {
          {"exponents", [](const Results& results) { return spread(exponents(results, &WidthRow::lowest)); },
           [](const Results&) {
             return spread({1.0, 1.0});
           }},
          {"norms-1", [](const Results& results) { return spread(exponents(results, &WidthRow::unit)); },
           [](const Results&) {
             return spread({1.0, 1.0});
           }},
          {"sizes", [](const Results& results) { return spread(exponents_by_size(results)); },
           [](const Results&) {
             return spread({1.0, 1.0});
           }},
          {"trainings", [](const Results& results) { return greatest_excess(results, &WidthRow::adam); },
           [](const Results& results) { return greatest_excess(results, &WidthRow::random); }},
          {"decayed", [](const Results& results) { return greatest_excess(results, &WidthRow::decayed); },
           [](const Results& results) { return greatest_excess(results, &WidthRow::frequent); }},
          {"found-again",
           [](const Results& results) {
             const auto& found = results.found_as<FoundWidths>();
             return std::abs(found.again / rows_of(results, 1.5).front().lowest - 1.0);
           },
           [](const Results& results) {
             const auto& found = results.found_as<FoundWidths>();
             return std::abs(found.again / rows_of(results, 1.0).front().lowest - 1.0);
           }}}};
}

}  // namespace digon::experiments
