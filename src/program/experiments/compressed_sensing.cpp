// Why superposition can work: a sparse x is recovered from h = Wx, elhage2022 §2 (compressed sensing). When,
// by the least l1 norm, beside Donoho and Tanner's threshold; and what a model's loss is made of.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/random.hpp"
#include "geometry/represented.hpp"
#include "plots/recovery_figure.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "sweep/kinds/recovery_phase_cell.hpp"
#include "sweep/recovery_error.hpp"
#include "theory/optima/optimum_record.hpp"
#include "theory/packing/code_kind.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/recovery/weak_threshold.hpp"

namespace digon::experiments {
namespace {

// The models: as on record, so that the lowest loss known stands beside training's.

constexpr Eigen::Index sensed_features = 12;
constexpr Eigen::Index sensed_dimensions = 3;

TrainingCell sensing_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = uniform_features(sensed_features, setting.at[0]);
  cell.hidden = sensed_dimensions;
  cell.starts = setting.choose(2, 32);
  cell.steps = setting.choose(3'000, 20'000);
  cell.batch = setting.choose(512, 1024);
  return cell;
}

// The phase diagram of recovery.

constexpr std::array all_signs{Signs::nonnegative, Signs::any};
enum SignsNumber : std::size_t { nonnegative_entries = 0, signed_entries = 1 };

/// Success over (δ, ρ) at one n, for one kind of x.
struct SuccessGrid {
  Eigen::Index n = 0;
  Signs signs = Signs::nonnegative;
  std::vector<double> delta = {};
  std::vector<std::vector<double>> rho = {};  ///< of each δ, as k is whole
  Eigen::MatrixXd share = {};                 ///< [ρ × δ]
  std::vector<HalfPoint> half = {};           ///< of each δ
};

std::vector<double> even_steps(double from, double to, std::size_t count) {
  std::vector<double> values;
  for (std::size_t k = 0; k < count; ++k) {
    values.push_back(from + (to - from) * double(k) / double(count - 1));
  }
  return values;
}

SuccessGrid find_successes(const ExperimentContext& context, Eigen::Index n, Signs signs) {
  SuccessGrid grid{n, signs};
  grid.delta =
      context.preset == Preset::quick ? std::vector<double>{0.1, 0.25, 0.5, 0.75} : even_steps(0.1, 0.9, 9);
  const std::vector<double> rho = even_steps(0.05, 0.95, context.choose<std::size_t>(13, 19));
  const std::size_t trials = context.choose<std::size_t>(16, 40);
  std::vector<RecoveryPhaseCell> cells;
  for (const double delta : grid.delta) {
    const auto m = Eigen::Index(std::lround(delta * double(n)));
    std::vector<double>& of_delta = grid.rho.emplace_back();
    for (const double one : rho) {
      const auto k = std::max<Eigen::Index>(1, std::lround(one * double(m)));
      of_delta.push_back(double(k) / double(m));
      cells.push_back({n, m, k, signs, trials, derive_seed(context.seed, cells.size())});
    }
  }
  const std::vector<double> shares = recovered_shares(context.store, cells, context.threads);
  grid.share = Eigen::Map<const Eigen::MatrixXd>(shares.data(), Eigen::Index(rho.size()),
                                                 Eigen::Index(grid.delta.size()));
  for (std::size_t c = 0; c < grid.delta.size(); ++c) {
    const Eigen::VectorXd column = grid.share.col(Eigen::Index(c));
    grid.half.push_back(half_point(grid.rho[c], {column.begin(), column.end()}, trials));
  }
  return grid;
}

// The loss in parts.

/// A model and what other decoders find in its h.
struct Sensed {
  ToyModel model;
  RecoveryErrors errors;

  [[nodiscard]] Eigen::MatrixXd directions() const {
    return model.W(Eigen::all, represented_features(model.W)).colwise().normalized();
  }
  [[nodiscard]] double kept() const { return double(represented_features(model.W).size()); }
  [[nodiscard]] double loss() const { return errors.decoders.front().mean; }
  /// The parts of the loss, as shares of it.
  [[nodiscard]] double lost() const { return errors.parts->lost / loss(); }
  [[nodiscard]] double readout() const { return errors.parts->readout / loss(); }
};

struct SensedPoint {
  Sensed trained;
  Sensed optimum;
};

struct Sensing {
  std::vector<SuccessGrid> grids;  ///< n = 200 first: non-negative, signed
  std::vector<SensedPoint> points;
};

std::any find_sensing(const Results& results) {
  const ExperimentContext& context = results.context;
  Sensing found;
  std::vector<Eigen::Index> sizes{200};
  if (context.preset == Preset::paper) sizes.push_back(800);
  for (const Eigen::Index n : sizes) {
    for (const Signs signs : all_signs) found.grids.push_back(find_successes(context, n, signs));
  }
  const RecoveryOptions options{context.choose<std::size_t>(4096, 65536), context.seed, context.threads};
  for (const Point& point : results.points) {
    const auto sense = [&](const ToyModel& model) {
      return Sensed{model, recovery_errors(model, point.trained.features, options)};
    };
    const RecordedOptimum* optimum =
        find_recorded(recorded_optima(), point.trained.features, point.cell.hidden);
    if (optimum == nullptr) throw std::logic_error("compressed-sensing: a density is not on record");
    found.points.push_back({sense(point.trained.best), sense(optimum->model)});
  }
  return found;
}

const Sensing& sensing(const Results& results) {
  return results.found_as<Sensing>();
}

Table phase_table(const Results& results) {
  Table table{{"n", "x", "m", "k", "delta", "rho", "recovered"}, {}};
  for (const SuccessGrid& grid : sensing(results).grids) {
    for (std::size_t c = 0; c < grid.delta.size(); ++c) {
      const double m = std::round(grid.delta[c] * double(grid.n));
      for (std::size_t r = 0; r < grid.rho[c].size(); ++r) {
        table.add_row({text_of(double(grid.n)), grid.signs == Signs::any ? "signed" : "non-negative",
                       text_of(m), text_of(std::round(grid.rho[c][r] * m)), text_of(grid.delta[c]),
                       text_of(grid.rho[c][r]), text_of(grid.share(Eigen::Index(r), Eigen::Index(c)))});
      }
    }
  }
  return table;
}

Table half_table(const Results& results) {
  Table table{{"n", "x", "delta", "half_recovered", "standard_error", "weak_threshold"}, {}};
  for (const SuccessGrid& grid : sensing(results).grids) {
    for (std::size_t c = 0; c < grid.delta.size(); ++c) {
      table.add_row({text_of(double(grid.n)), grid.signs == Signs::any ? "signed" : "non-negative",
                     text_of(grid.delta[c]), text_of(grid.half[c].at), text_of(grid.half[c].standard_error),
                     text_of(weak_threshold(grid.delta[c], grid.signs))});
    }
  }
  return table;
}

Table parts_table(const Results& results) {
  Table table{{"density", "model", "decoder", "error", "standard_error", "recovered", "features_kept",
               "coherence", "welch", "recoverable"},
              {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const SensedPoint& point = sensing(results).points[k];
    for (const auto& [name, one] : {std::pair{"trained", &point.trained}, {"optimum", &point.optimum}}) {
      const Eigen::MatrixXd unit = one->directions();
      for (const DecodedError& decoded : one->errors.decoders) {
        table.add_row(
            {text_of(results.points[k].x()), name, std::string(name_of(decoded.decoder)),
             text_of(decoded.mean), text_of(decoded.standard_error), text_of(decoded.recovered),
             text_of(one->kept()), text_of(unit.cols() < 2 ? 0.0 : coherence(CodeKind::lines, unit)),
             text_of(unit.cols() < 2 ? 0.0
                                     : coherence_bounds(CodeKind::lines, unit.cols(), unit.rows())[0].value),
             text_of(features_recoverable(sensed_dimensions, results.points[k].x(), Signs::nonnegative))});
      }
    }
  }
  return table;
}

void draw_success(const std::filesystem::path& path, const Results& results) {
  std::vector<RecoveryPanel> panels;
  for (const SuccessGrid& grid : sensing(results).grids) {
    RecoveryPanel panel{
        fmt::format("{}, {{/:Italic n}} = {}", grid.signs == Signs::any ? "signed x" : "x ≥ 0", grid.n),
        grid.delta, grid.rho.back(), grid.share};
    for (const double delta : even_steps(0.01, 0.99, 99)) {
      panel.threshold.emplace_back(delta, weak_threshold(delta, grid.signs));
    }
    for (std::size_t c = 0; c < grid.delta.size(); ++c) {
      panel.half.emplace_back(grid.delta[c], grid.half[c].at);
    }
    panels.push_back(std::move(panel));
  }
  draw_recovery(path, "A sparse x from {/:Italic m} Gaussian measurements, by its least l_1 norm", panels);
}

/// A number of every point against 1/density.
template <typename Value>
Series against_sparsity(const Results& results, const std::string& label, SeriesStyle style,
                        std::size_t color, Value value) {
  Series series{label, {}, style, color};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    series.points.emplace_back(1.0 / results.points[k].x(), value(sensing(results).points[k], k));
  }
  return series;
}

SeriesPanel sparsity_panel(const std::string& title, const std::string& y_label, std::vector<Series> series) {
  SeriesPanel panel{title, "1/(1 − {/:Italic S})", y_label, std::move(series)};
  panel.x_scale = AxisScale::logarithmic;
  return panel;
}

SeriesPanel parts_panel(const Results& results, const std::string& title, Sensed SensedPoint::*model) {
  std::vector<Series> series;
  for (const auto& [decoder, color] : {std::pair{Decoder::readout, std::size_t(0)},
                                       {Decoder::least_squares, std::size_t(1)},
                                       {Decoder::least_l1, std::size_t(2)},
                                       {Decoder::support, std::size_t(3)}}) {
    series.push_back(against_sparsity(results, std::string(name_of(decoder)), SeriesStyle::line_and_points,
                                      color, [&, wanted = decoder](const SensedPoint& point, std::size_t k) {
                                        for (const DecodedError& one : (point.*model).errors.decoders) {
                                          if (one.decoder == wanted) {
                                            return one.mean /
                                                   (double(sensed_features) * results.points[k].x() / 3.0);
                                          }
                                        }
                                        return 0.0;
                                      }));
  }
  SeriesPanel panel = sparsity_panel(title, "error, of answering 0", std::move(series));
  panel.y_range = "[0:1.1]";
  return panel;
}

/// What the coherence of so many directions cannot be below.
double least_coherence(CodeKind kind, Eigen::Index points) {
  if (points < 2) return -1.0;
  double least = -1.0;
  for (const PackingBound& bound : coherence_bounds(kind, points, sensed_dimensions)) {
    least = std::max(least, bound.value);
  }
  return least;
}

void draw_parts(const std::filesystem::path& path, const Results& results) {
  const auto line = SeriesStyle::line_and_points;
  const auto kept = [](Sensed SensedPoint::*model) {
    return [model](const SensedPoint& point, std::size_t) { return (point.*model).kept(); };
  };
  SeriesPanel features = sparsity_panel(
      "features kept", "features",
      {against_sparsity(results, "optimum", line, 0, kept(&SensedPoint::optimum)),
       against_sparsity(results, "trained", SeriesStyle::points, 1, kept(&SensedPoint::trained)),
       against_sparsity(
           results, "l_1 recovers", SeriesStyle::line, 3, [&](const SensedPoint&, std::size_t k) {
             return std::min(
                 double(sensed_features),
                 features_recoverable(sensed_dimensions, results.points[k].x(), Signs::nonnegative));
           })});
  features.levels = {{2.0 * double(sensed_dimensions), "2{/:Italic m}"}};
  features.y_range = "[0:13]";
  const auto largest = [](Sensed SensedPoint::*model) {
    return [model](const SensedPoint& point, std::size_t) {
      const Eigen::MatrixXd unit = (point.*model).directions();
      return unit.cols() < 2 ? 0.0 : coherence(CodeKind::points, unit);
    };
  };
  SeriesPanel cosines = sparsity_panel(
      "their largest cosine", "cosine",
      {against_sparsity(results, "optimum", line, 0, largest(&SensedPoint::optimum)),
       against_sparsity(results, "trained", SeriesStyle::points, 1, largest(&SensedPoint::trained)),
       against_sparsity(results, "bound of |cos|", SeriesStyle::line, 3,
                        [](const SensedPoint& point, std::size_t) {
                          return least_coherence(CodeKind::lines, Eigen::Index(point.optimum.kept()));
                        }),
       against_sparsity(results, "bound of cos", SeriesStyle::line, 2,
                        [](const SensedPoint& point, std::size_t) {
                          return least_coherence(CodeKind::points, Eigen::Index(point.optimum.kept()));
                        })});
  cosines.y_range = "[-0.4:1.05]";
  draw_series(path, "What is in {/:Italic h} = {/:Italic Wx}, and what is read from it, " + results.size(),
              {features, cosines, parts_panel(results, "decoders of trained models", &SensedPoint::trained),
               parts_panel(results, "decoders of the optimum", &SensedPoint::optimum)},
              2);
}

/// The greatest distance of the 50% points of n = 200 from a threshold, in units of the threshold.
double contour_distance(const Results& results, SignsNumber of, Signs threshold) {
  const SuccessGrid& grid = sensing(results).grids.at(of);
  double worst = 0.0;
  for (std::size_t c = 0; c < grid.delta.size(); ++c) {
    worst = std::max(worst, std::abs(grid.half[c].at / weak_threshold(grid.delta[c], threshold) - 1.0));
  }
  return worst;
}

Measure contour(const char* name, SignsNumber of) {
  return {name, [of](const Results& results) { return contour_distance(results, of, all_signs.at(of)); },
          [of](const Results& results) { return contour_distance(results, of, all_signs.at(1 - of)); }};
}

const SensedPoint& at_density(const Results& results, double density) {
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    if (results.points[k].x() == density) return sensing(results).points[k];
  }
  throw std::logic_error("compressed-sensing: no such density");
}

constexpr double sparsest = 0.001;
constexpr double sparse = 0.01;
constexpr double densest = 1.0;

bool is_dense(double density) {
  return density > 0.09;
}
bool is_sparse(double density) {
  return !is_dense(density);
}

/// By what share the features that optima keep differ from those that l1 recovers, the most of some
/// densities.
double from_recoverable(const Results& results, bool (*chosen)(double)) {
  double most = 0.0;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const double density = results.points[k].x();
    if (!chosen(density)) continue;
    const double recoverable = features_recoverable(sensed_dimensions, density, Signs::nonnegative);
    most = std::max(most, std::abs(sensing(results).points[k].optimum.kept() / recoverable - 1.0));
  }
  return most;
}

}  // namespace

Experiment compressed_sensing() {
  return {
      .id = "compressed-sensing",
      .summary = "when a sparse x is recovered from h = Wx, and what a readout leaves in h",
      .axes = {{"density", {1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001}}},
      .cell = sensing_cell,
      .find = find_sensing,
      .tables = {{"phases", phase_table}, {"half", half_table}, {"decoders", parts_table}},
      .figures = {{"compressed-sensing",
                   "The share of sparse x that least l1 norm recovers from Gaussian measurements, with "
                   "Donoho and Tanner's weak threshold over it.",
                   draw_success},
                  {"decoders",
                   "Features kept and their largest cosine, beside what l1 recovers at as many active "
                   "features and Welch's bound; the error of every decoder of h.",
                   draw_parts}},
      .measures = {
          contour("nonnegative", nonnegative_entries),
          contour("signed", signed_entries),
          {"lost", [](const Results& results) { return at_density(results, sparsest).trained.lost(); },
           [](const Results& results) { return at_density(results, densest).trained.lost(); }},
          {"readout", [](const Results& results) { return at_density(results, sparse).optimum.readout(); },
           [](const Results& results) { return at_density(results, densest).optimum.readout(); }},
          {"as-many", [](const Results& results) { return from_recoverable(results, &is_dense); },
           [](const Results& results) { return from_recoverable(results, &is_sparse); }}}};
}

}  // namespace digon::experiments
