// Why superposition can work: a sparse x is recovered from h = Wx, elhage2022 §2 (compressed sensing). When,
// by the least l1 norm, beside Donoho and Tanner's threshold; and what a model's loss is made of.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/base/random.hpp"
#include "core/model/feature_description.hpp"
#include "empirical/sampling/samples.hpp"
#include "geometry/represented.hpp"
#include "plots/recovery_figure.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "sweep/kinds/recovery_phase_cell.hpp"
#include "theory/optima/optimum_record.hpp"
#include "theory/packing/code_kind.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/recovery/recovery_error.hpp"
#include "theory/recovery/weak_threshold.hpp"

namespace digon::experiments {
namespace {

// The models: of the first two sizes as on record, so that the lowest loss known stands beside training's.
// What is in h is asked of the first, how many features are kept of all.

struct SensedSize {
  Eigen::Index n;
  Eigen::Index m;
  double importance;  // I_i is this to the i
  std::size_t quick_starts;
  std::size_t quick_steps;
};
constexpr std::array sensed_sizes{SensedSize{12, 3, 1.0, 2, 3'000}, SensedSize{20, 5, 0.7, 1, 3'000},
                                  SensedSize{80, 20, 1.0, 1, 1'500}};
constexpr SensedSize sensed = sensed_sizes[0];

TrainingCell sensing_cell(const Setting& setting) {
  const SensedSize& size = sensed_sizes.at(std::size_t(setting.at[0]));
  const bool is_large = size.n > 40;
  TrainingCell cell;
  cell.features = important_features(size.n, setting.at[1], size.importance);
  cell.hidden = size.m;
  cell.starts = setting.choose(size.quick_starts, std::size_t(is_large ? 1 : 32));
  cell.steps = setting.choose<std::size_t>(size.quick_steps, 20'000);
  cell.batch = setting.choose(512, 1024);
  if (is_large) cell.learning_rate = setting.choose(1e-2, 3e-3);
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

/// The directions of the features that a model keeps [m×kept].
Eigen::MatrixXd directions_kept(const ToyModel& model) {
  return model.W(Eigen::all, represented_features(model.W)).colwise().normalized();
}

/// The model of the lowest loss on record, or null.
const ToyModel* optimum_of(const Point& point) {
  const RecordedOptimum* recorded =
      find_recorded(recorded_optima(), point.trained.features, point.cell.hidden);
  return recorded == nullptr ? nullptr : &recorded->model;
}

/// A model and what other decoders find in its h.
struct Sensed {
  ToyModel model;
  RecoveryErrors errors;

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
  std::vector<SuccessGrid> grids;   ///< n = 200 first: non-negative, signed
  std::vector<SensedPoint> points;  ///< of the first size, one a density
};

std::vector<Point> points_of_size(const Results& results, std::size_t size) {
  std::vector<Point> points;
  for (const Point& point : results.points) {
    if (point.setting.at[0] == double(size)) points.push_back(point);
  }
  return points;
}

std::any find_sensing(const Results& results) {
  const ExperimentContext& context = results.context;
  Sensing found;
  std::vector<Eigen::Index> sizes{200};
  if (context.preset == Preset::paper) sizes.push_back(800);
  for (const Eigen::Index n : sizes) {
    for (const Signs signs : all_signs) found.grids.push_back(find_successes(context, n, signs));
  }
  for (const Point& point : points_of_size(results, 0)) {
    const Eigen::MatrixXd inputs = recovery_inputs(
        point.trained.features, context.choose<Eigen::Index>(4096, 65536), context.seed, context.threads);
    const auto sense = [&](const ToyModel& model) {
      return Sensed{model, recovery_errors(model, point.trained.features, inputs, context.threads)};
    };
    const ToyModel* optimum = optimum_of(point);
    if (optimum == nullptr) throw std::logic_error("compressed-sensing: a density is not on record");
    found.points.push_back({sense(point.trained.best), sense(*optimum)});
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
  Table table{{"density", "model", "decoder", "error", "standard_error", "recovered"}, {}};
  for (std::size_t k = 0; k < sensing(results).points.size(); ++k) {
    const SensedPoint& point = sensing(results).points[k];
    for (const auto& [name, one] : {std::pair{"trained", &point.trained}, {"optimum", &point.optimum}}) {
      for (const DecodedError& decoded : one->errors.decoders) {
        table.add_row({text_of(results.points[k].density()), name, std::string(name_of(decoded.decoder)),
                       text_of(decoded.mean), text_of(decoded.standard_error), text_of(decoded.recovered)});
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

/// Of features in so many dimensions, beside what bounds their cosines.
struct KeptFeatures {
  Eigen::Index count = 0;
  double largest_cosine = 0.0;
  double largest_modulus = 0.0;
  double welch = -1.0;      ///< what the largest |cos| of so many lines cannot be below
  double one_sided = -1.0;  ///< what the largest cos of so many points cannot be below
};

/// What the coherence of so many directions cannot be below.
double least_coherence(CodeKind kind, Eigen::Index points, Eigen::Index dim) {
  double least = -1.0;
  for (const PackingBound& bound : coherence_bounds(kind, points, dim)) least = std::max(least, bound.value);
  return least;
}

KeptFeatures kept_features(const ToyModel& model) {
  const Eigen::MatrixXd unit = directions_kept(model);
  KeptFeatures kept{unit.cols()};
  if (kept.count < 2) return kept;
  kept.largest_cosine = coherence(CodeKind::points, unit);
  kept.largest_modulus = coherence(CodeKind::lines, unit);
  kept.welch = least_coherence(CodeKind::lines, unit.cols(), unit.rows());
  kept.one_sided = least_coherence(CodeKind::points, unit.cols(), unit.rows());
  return kept;
}

double recoverable(const Point& point) {
  return features_recoverable(point.cell.hidden, point.density(), Signs::nonnegative);
}

Table kept_table(const Results& results) {
  Table table{{"n", "m", "density", "model", "features_kept", "recoverable", "largest_cosine",
               "bound_of_cosine", "coherence", "bound_of_coherence"},
              {}};
  for (const Point& point : results.points) {
    const auto add = [&](const char* name, const ToyModel& model) {
      const KeptFeatures kept = kept_features(model);
      table.add_row({text_of(std::size_t(point.W().cols())), text_of(std::size_t(point.W().rows())),
                     text_of(point.density()), name, text_of(std::size_t(kept.count)),
                     text_of(recoverable(point)), text_of(kept.largest_cosine), text_of(kept.one_sided),
                     text_of(kept.largest_modulus), text_of(kept.welch)});
    };
    add("trained", point.trained.best);
    if (optimum_of(point) != nullptr) add("optimum", *optimum_of(point));
  }
  return table;
}

SeriesPanel sparsity_panel(const std::string& title, const std::string& y_label, std::vector<Series> series) {
  SeriesPanel panel{title, "1/(1 − {/:Italic S})", y_label, std::move(series)};
  panel.x_scale = AxisScale::logarithmic;
  return panel;
}

/// A number of each point against 1/density; where it is nothing there is no point.
template <typename Value>
Series against_sparsity(const std::vector<Point>& points, const std::string& label, SeriesStyle style,
                        std::size_t color, Value value) {
  Series series{label, {}, style, color};
  for (const Point& point : points) {
    const std::optional<double> y = value(point);
    if (y) series.points.emplace_back(1.0 / point.density(), *y);
  }
  return series;
}

/// A number of what training or the optimum keeps.
template <typename Number>
auto of_trained(Number number) {
  return [number](const Point& point) { return std::optional(number(kept_features(point.trained.best))); };
}
template <typename Number>
auto of_optimum(Number number) {
  return [number](const Point& point) -> std::optional<double> {
    const ToyModel* optimum = optimum_of(point);
    if (optimum == nullptr) return std::nullopt;
    return number(kept_features(*optimum));
  };
}

SeriesPanel count_panel(const std::vector<Point>& points, bool has_key) {
  const auto n = double(points[0].W().cols());
  const auto m = double(points[0].W().rows());
  const auto count = [](const KeptFeatures& kept) { return double(kept.count); };
  SeriesPanel panel = sparsity_panel(
      fmt::format("{{/:Italic n}} = {}, {{/:Italic m}} = {}, {{/:Italic I}} = {}", n, m,
                  describe_profile(points[0].cell.features.importance)),
      has_key ? "features kept" : "",
      {against_sparsity(points, has_key ? "lowest known" : "", SeriesStyle::line_and_points, 0,
                        of_optimum(count)),
       against_sparsity(points, has_key ? "trained" : "", SeriesStyle::line_and_points, 1, of_trained(count)),
       against_sparsity(points, has_key ? "l_1 recovers" : "", SeriesStyle::line, 3,
                        [n](const Point& point) { return std::optional(std::min(n, recoverable(point))); })});
  panel.levels = {{2.0 * m, "2{/:Italic m}"}};
  panel.y_range = fmt::format("[0:{}]", 1.1 * n);
  return panel;
}

SeriesPanel cosine_panel(const std::vector<Point>& points, bool has_key) {
  const bool has_optima = optimum_of(points[0]) != nullptr;
  const auto cosine = [](const KeptFeatures& kept) { return kept.largest_cosine; };
  const auto of_lines = [](const KeptFeatures& kept) { return kept.welch; };
  const auto of_points = [](const KeptFeatures& kept) { return kept.one_sided; };
  std::vector<Series> series{
      against_sparsity(points, "", SeriesStyle::line_and_points, 0, of_optimum(cosine)),
      against_sparsity(points, "", SeriesStyle::line_and_points, 1, of_trained(cosine))};
  const auto add_bound = [&](const std::string& label, std::size_t color, auto bound) {
    series.push_back(has_optima
                         ? against_sparsity(points, label, SeriesStyle::line, color, of_optimum(bound))
                         : against_sparsity(points, label, SeriesStyle::line, color, of_trained(bound)));
  };
  add_bound(has_key ? "bound of |cos|" : "", 3, of_lines);
  add_bound(has_key ? "bound of cos" : "", 2, of_points);
  SeriesPanel panel = sparsity_panel("", has_key ? "their largest cosine" : "", std::move(series));
  panel.y_range = "[-0.4:1.05]";
  return panel;
}

/// Features kept, and under them their largest cosine, of all sizes.
void draw_kept(const std::filesystem::path& path, const Results& results) {
  std::vector<SeriesPanel> counts;
  std::vector<SeriesPanel> cosines;
  for (std::size_t size = 0; size < sensed_sizes.size(); ++size) {
    const std::vector<Point> points = points_of_size(results, size);
    counts.push_back(count_panel(points, size == 0));
    cosines.push_back(cosine_panel(points, size == 0));
  }
  counts.insert(counts.end(), cosines.begin(), cosines.end());
  draw_series(path, "Features kept, and what could be", counts, sensed_sizes.size());
}

SeriesPanel parts_panel(const Results& results, const std::string& title, Sensed SensedPoint::*model) {
  const std::vector<SensedPoint>& found = sensing(results).points;
  std::vector<Series> series;
  for (const auto& [decoder, color] : {std::pair{Decoder::readout, std::size_t(0)},
                                       {Decoder::least_squares, std::size_t(1)},
                                       {Decoder::least_l1, std::size_t(2)},
                                       {Decoder::support, std::size_t(3)}}) {
    Series one{std::string(name_of(decoder)), {}, SeriesStyle::line_and_points, color};
    for (std::size_t k = 0; k < found.size(); ++k) {
      const double p = results.points[k].density();
      for (const DecodedError& decoded : (found[k].*model).errors.decoders) {
        if (decoded.decoder == decoder)
          one.points.emplace_back(1.0 / p, decoded.mean / (double(sensed.n) * p / 3.0));
      }
    }
    series.push_back(std::move(one));
  }
  SeriesPanel panel = sparsity_panel(title, "error, of answering 0", std::move(series));
  panel.y_range = "[0:1.1]";
  return panel;
}

void draw_parts(const std::filesystem::path& path, const Results& results) {
  draw_series(path, "What is in {/:Italic h} = {/:Italic Wx}, and what is read from it, " + results.size(),
              {parts_panel(results, "decoders of trained models", &SensedPoint::trained),
               parts_panel(results, "decoders of the lowest loss known", &SensedPoint::optimum)},
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
  for (std::size_t k = 0; k < sensing(results).points.size(); ++k) {
    if (results.points[k].density() == density) return sensing(results).points[k];
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
  for (const Point& point : points_of_size(results, 0)) {
    if (!chosen(point.density())) continue;
    const auto kept = double(kept_features(*optimum_of(point)).count);
    most = std::max(most, std::abs(kept / recoverable(point) - 1.0));
  }
  return most;
}

}  // namespace

Experiment compressed_sensing() {
  return {
      .id = "compressed-sensing",
      .summary = "when a sparse x is recovered from h = Wx, and what a readout leaves in h",
      .axes = {named_axis("size", {"12 in 3", "20 in 5", "80 in 20"}),
               {"density", {1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001}}},
      .cell = sensing_cell,
      .find = find_sensing,
      .tables = {{"phases", phase_table},
                 {"half", half_table},
                 {"decoders", parts_table},
                 {"kept", kept_table}},
      .figures = {{"compressed-sensing",
                   "The share of sparse x that least l1 norm recovers from Gaussian measurements, with "
                   "Donoho and Tanner's weak threshold over it.",
                   draw_success},
                  {"decoders", "The error of every decoder of h = Wx, over that of answering 0.", draw_parts},
                  {"kept",
                   "Features kept and their largest cosine, beside what l1 recovers at as many active "
                   "features and Welch's bound.",
                   draw_kept}},
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
