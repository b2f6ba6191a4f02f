// Phases of learning: the k-gons of one active feature in two dimensions (chen2023), their learning
// coefficients by the exact loss, the sample sizes at which a Bayesian posterior would move from one to the
// next, and the order in which training passes them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/numerics/bisect.hpp"
#include "theory/optima/polygon.hpp"
#include "theory/singular/model_coefficient.hpp"

namespace digon::experiments {
namespace {

constexpr Eigen::Index phases_features = 6;

/// One feature of six active. Momentum descent of small steps, whose path is close to the gradient's.
TrainingCell learning_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = with_active(uniform_features(phases_features, 0.0), 1);
  cell.hidden = 2;
  cell.starts = 1;
  cell.steps = setting.choose(40'000, 120'000);
  cell.batch = 64;
  cell.optimizer = OptimizerKind::sgd;
  cell.learning_rate = 5e-4;
  cell.schedule = Schedule::constant;
  cell.snapshot_steps = linear_schedule(100, cell.steps);
  return cell;
}

// Critical points.

/// A k-gon of n features: of the others `plus` have the bias 1/(2n) that costs least, the rest a bias below
/// 0, dead: "5", "5+".
struct PolygonName {
  Eigen::Index k = 0;
  Eigen::Index plus = 0;

  [[nodiscard]] std::string text() const { return std::to_string(k) + std::string(std::size_t(plus), '+'); }
};

ToyModel polygon_model(const PolygonName& name, Eigen::Index n) {
  // Of a square nothing interferes: norm 1 and bias 0, which polygon_optimum comes close to.
  const PolygonOptimum best = name.k <= 4 ? PolygonOptimum{1.0, 0.0, 0.0, {}} : polygon_optimum(name.k);
  ToyModel model{Eigen::MatrixXd::Zero(2, n), Eigen::VectorXd::Constant(n, -1.0)};
  model.W.leftCols(name.k) = regular_polygon(name.k, best.norm, best.bias).W;
  model.b.head(name.k).setConstant(best.bias);
  model.b.segment(name.k, name.plus).setConstant(0.5 / double(n));
  return model;
}

struct CriticalPoint {
  PolygonName name;
  Eigen::Index n = 0;
  ModelCoefficient coefficient;

  [[nodiscard]] double loss() const { return coefficient.loss; }
  [[nodiscard]] double lambda() const { return coefficient.found.lambda; }
  /// ½‖w‖² of all that the point fixes, −log of a standard normal prior; dead biases are left out.
  [[nodiscard]] double prior() const {
    const ToyModel& at = coefficient.at;
    const double fixed_biases =
        at.b.head(name.k).squaredNorm() + at.b.segment(name.k, name.plus).squaredNorm();
    return 0.5 * (at.W.squaredNorm() + fixed_biases);
  }
  /// n L + λ log n + ½‖w‖² of so many samples, chen2023 §4, up to a constant.
  [[nodiscard]] double free_energy(double samples, double lambda) const {
    return samples * loss() + lambda * std::log(samples) + prior();
  }
  [[nodiscard]] double free_energy(double samples) const { return free_energy(samples, lambda()); }
};

CriticalPoint find_critical_point(const ExperimentContext& context, const PolygonName& name, Eigen::Index n) {
  const FeatureDistribution features = with_active(uniform_features(n, 0.0), 1);
  ModelCoefficientOptions options;
  // k-gons with k > 4 are known to 1e-6; at squares the loss has a kink, which descents have no use for.
  options.place = name.k > 4 ? LearningPlace::minimum : LearningPlace::weights;
  options.learning.sampling.seed = context.seed;
  options.learning.sampling.threads = context.threads;
  options.learning.sampling.draws = context.choose<std::size_t>(400, 4000);
  return {name, n, model_coefficient(polygon_model(name, n), features, options)};
}

// Training.

/// Where a run rests, and from which snapshot on.
struct Rest {
  std::size_t point = 0;  ///< of PhasesOfLearning::points
  std::size_t begin = 0;
};

struct LearningRun {
  std::vector<double> loss;  ///< exact, of each snapshot
  std::vector<Rest> rests;
};

struct PhasesOfLearning {
  std::vector<CriticalPoint> points;  ///< of six features, by falling loss, then of five
  std::vector<LearningRun> runs;

  [[nodiscard]] const CriticalPoint& at(const std::string& name, Eigen::Index n = phases_features) const {
    for (const CriticalPoint& point : points) {
      if (point.n == n && point.name.text() == name) return point;
    }
    throw std::logic_error("phases-of-learning: no such critical point");
  }
};

/// The critical points whose loss a run is within 5e-4 of for 400 steps on end.
std::vector<Rest> rests_of(const std::vector<double>& loss, const std::vector<CriticalPoint>& points) {
  constexpr double near = 5e-4;
  constexpr std::size_t long_enough = 4;
  std::vector<Rest> rests;
  for (std::size_t begin = 0; begin < loss.size();) {
    std::size_t end = begin + 1;
    for (std::size_t p = 0; p < points.size(); ++p) {
      if (points[p].n != phases_features || std::abs(loss[begin] - points[p].loss()) >= near) continue;
      while (end < loss.size() && std::abs(loss[end] - points[p].loss()) < near) ++end;
      const bool moved = rests.empty() || rests.back().point != p;
      if (end - begin >= long_enough && moved) rests.push_back({p, begin});
      break;
    }
    begin = end;
  }
  return rests;
}

std::any find_phases_of_learning(const Results& results) {
  PhasesOfLearning phases;
  const ExperimentContext& context = results.context;
  for (const Eigen::Index n : {phases_features, phases_features - 1}) {
    for (Eigen::Index k = 4; k <= n; ++k) {
      for (Eigen::Index plus = 0; plus <= n - k; ++plus) {
        phases.points.push_back(find_critical_point(context, {k, plus}, n));
      }
    }
  }
  const Objective objective = learning_objective(
      ModelKind::relu_output, results.points.front().trained.features, LearningLoss::exact);
  for (const Point& point : results.points) {
    LearningRun& run = phases.runs.emplace_back();
    for (const Snapshot& snapshot : point.trained.snapshots) {
      run.loss.push_back(objective(snapshot.model).loss);
    }
    run.rests = rests_of(run.loss, phases.points);
  }
  return phases;
}

const PhasesOfLearning& phases_found(const Results& results) {
  return results.found_as<PhasesOfLearning>();
}

/// Of all moves from one critical point to the next, in the order of training or backwards, the share that go
/// to a lower loss and no lower λ.
double share_of_climbs(const Results& results, bool backwards) {
  constexpr double same = 0.2;
  const PhasesOfLearning& phases = phases_found(results);
  double moves = 0.0;
  double climbs = 0.0;
  for (const LearningRun& run : phases.runs) {
    for (std::size_t k = 1; k < run.rests.size(); ++k) {
      const CriticalPoint* from = &phases.points[run.rests[k - 1].point];
      const CriticalPoint* to = &phases.points[run.rests[k].point];
      if (backwards) std::swap(from, to);
      climbs += double(to->loss() < from->loss() && to->lambda() > from->lambda() - same);
      moves += 1.0;
    }
  }
  return moves > 0.0 ? climbs / moves : 0.0;
}

/// Half the parameters that are not rotations: what λ would be of a regular model.
double half_the_parameters(const CriticalPoint& point) {
  return 0.5 * double(point.coefficient.parameters - point.coefficient.rotations);
}

/// The samples from which on a point has less free energy than another of higher loss, with λ as a function
/// of the point.
template <typename Lambda>
double samples_to_move(const CriticalPoint& from, const CriticalPoint& to, Lambda lambda) {
  const auto lead = [&](double log_samples) {
    const double samples = std::exp(log_samples);
    return from.free_energy(samples, lambda(from)) - to.free_energy(samples, lambda(to));
  };
  double log_samples = std::log(1e6);  // where the loss decides
  while (log_samples > 0.0 && lead(log_samples) > 0.0) log_samples -= 0.01;
  if (log_samples <= 0.0) return 1.0;
  const auto is_ahead = [&](double at) { return lead(at) > 0.0; };
  return std::exp(bisect(is_ahead, log_samples + 0.01, log_samples).holds);
}

/// The critical points of least free energy as samples grow from 3 to a million, with λ weighed so much.
std::string order_of_posterior(const Results& results, double weight) {
  std::string order;
  std::string last;
  for (double samples = 3.0; samples < 1e6; samples *= 1.02) {
    const CriticalPoint* least = nullptr;
    double energy = 0.0;
    for (const CriticalPoint& point : phases_found(results).points) {
      if (point.n != phases_features) continue;
      const double its = weight > 0.0 ? point.free_energy(samples) : samples * point.loss();
      if (least == nullptr || its < energy) {
        least = &point;
        energy = its;
      }
    }
    if (least->name.text() != last) {
      last = least->name.text();
      order += (order.empty() ? "" : " ") + last;
    }
  }
  return order;
}

// Tables and figures.

Table critical_point_table(const Results& results) {
  Table table{{"features", "point", "loss", "lambda", "error", "half_rank_of_hessian", "half_the_parameters",
               "half_squared_norm", "trustworthy"},
              {}};
  for (const CriticalPoint& point : phases_found(results).points) {
    const LearningCoefficient& found = point.coefficient.found;
    table.add_row({text_of(std::size_t(point.n)), point.name.text(), text_of(point.loss()),
                   text_of(found.lambda), text_of(found.error), text_of(found.hessian.bound()),
                   text_of(half_the_parameters(point)), text_of(point.prior()),
                   found.is_trustworthy() ? "yes" : "no"});
  }
  return table;
}

Table temperature_table(const Results& results) {
  Table table{{"features", "point", "nbeta", "gamma", "lambda", "standard_error", "without_controls",
               "its_standard_error", "r_hat", "effective_draws", "below"},
              {}};
  for (const CriticalPoint& point : phases_found(results).points) {
    for (const LearningPoint& one : point.coefficient.found.points) {
      table.add_row({text_of(std::size_t(point.n)), point.name.text(), text_of(one.inverse_temperature),
                     text_of(one.localisation), text_of(one.lambda), text_of(one.standard_error),
                     text_of(one.plain), text_of(one.plain_error), text_of(one.r_hat), text_of(one.effective),
                     text_of(one.below)});
    }
  }
  return table;
}

Table sample_size_table(const Results& results) {
  Table table{{"features", "from", "to", "samples"}, {}};
  const std::vector<CriticalPoint>& points = phases_found(results).points;
  for (const CriticalPoint& from : points) {
    for (const CriticalPoint& to : points) {
      if (from.n != to.n || to.loss() >= from.loss()) continue;
      const double samples =
          samples_to_move(from, to, [](const CriticalPoint& point) { return point.lambda(); });
      table.add_row(
          {text_of(std::size_t(from.n)), from.name.text(), to.name.text(), fmt::format("{:.0f}", samples)});
    }
  }
  return table;
}

Table run_table(const Results& results) {
  Table table{{"start", "rests_at", "from_steps", "last_loss"}, {}};
  const PhasesOfLearning& phases = phases_found(results);
  for (std::size_t k = 0; k < phases.runs.size(); ++k) {
    std::string names;
    std::string steps;
    for (const Rest& rest : phases.runs[k].rests) {
      const std::string space = names.empty() ? "" : " ";
      names += space + phases.points[rest.point].name.text();
      steps += space + text_of(results.points[k].trained.snapshots[rest.begin].step);
    }
    table.add_row({text_of(k), names, steps, text_of(phases.runs[k].loss.back())});
  }
  return table;
}

constexpr std::array<std::size_t, 4> phase_colors{0, 2, 3, 4};  // no orange: that is one run of training

SeriesPanel free_energy_panel(const PhasesOfLearning& phases) {
  SeriesPanel panel{"free energy above the least", "samples {/:Italic n}", "Δ{/:Italic F}", {}};
  std::vector<const CriticalPoint*> shown;
  for (const char* name : {"4", "5", "5+", "6"}) shown.push_back(&phases.at(name));
  for (std::size_t k = 0; k < shown.size(); ++k) {
    Series series{shown[k]->name.text(), {}, SeriesStyle::line, phase_colors.at(k)};
    for (double samples = 3.0; samples < 4000.0; samples *= 1.05) {
      double least = shown[0]->free_energy(samples);
      for (const CriticalPoint* one : shown) least = std::min(least, one->free_energy(samples));
      series.points.emplace_back(samples, shown[k]->free_energy(samples) - least);
    }
    panel.series.push_back(std::move(series));
  }
  panel.x_scale = AxisScale::logarithmic;
  panel.y_range = "[0:12]";
  return panel;
}

SeriesPanel approach_panel(const PhasesOfLearning& phases) {
  SeriesPanel panel{"λ̂ at finite temperatures", "{/:Italic nβ}", "λ̂", {}};
  std::size_t next = 0;
  for (const char* name : {"4", "5", "5+", "6"}) {
    const std::size_t color = phase_colors.at(next++);
    const CriticalPoint& point = phases.at(name);
    Series drawn{"", {}, SeriesStyle::points, color, 0.3};
    Series controlled{name, {}, SeriesStyle::line_and_points, color};
    for (const LearningPoint& one : point.coefficient.found.points) {
      controlled.points.emplace_back(one.inverse_temperature, one.lambda);
      controlled.errors.push_back(one.standard_error);
      drawn.points.emplace_back(1.15 * one.inverse_temperature, one.plain);
      drawn.errors.push_back(one.plain_error);
    }
    panel.series.push_back(std::move(controlled));
    panel.series.push_back(std::move(drawn));
  }
  panel.x_scale = AxisScale::logarithmic;
  panel.levels = {{7.0, "7"}, {7.5, "7½"}, {8.5, "8½"}};
  panel.x_range = "[2e4:6e7]";
  return panel;
}

/// Up to four runs, of different orders, those that rest most often first.
std::vector<std::size_t> runs_to_show(const PhasesOfLearning& phases) {
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < phases.runs.size(); ++k) order.push_back(k);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return phases.runs[a].rests.size() > phases.runs[b].rests.size();
  });
  std::set<std::string> orders;
  std::vector<std::size_t> shown;
  for (const std::size_t k : order) {
    std::string names;
    for (const Rest& rest : phases.runs[k].rests) names += phases.points[rest.point].name.text() + " ";
    if (shown.size() < 4 && orders.insert(names).second) shown.push_back(k);
  }
  return shown;
}

void draw_phases_of_learning(const std::filesystem::path& path, const Results& results) {
  const PhasesOfLearning& phases = phases_found(results);
  SeriesPanel falls{"training", "optimiser step", "exact loss", {}};
  SeriesPanel climbs{"λ of where training rests", "optimiser step", "λ", {}};
  std::size_t color = 0;
  for (const std::size_t k : runs_to_show(phases)) {
    const std::vector<Snapshot>& snapshots = results.points[k].trained.snapshots;
    const LearningRun& run = phases.runs[k];
    Series loss{fmt::format("start {}", k), {}, SeriesStyle::line, color};
    for (std::size_t s = 0; s < run.loss.size(); ++s) {
      loss.points.emplace_back(double(snapshots[s].step), run.loss[s]);
    }
    Series lambda{"", {}, SeriesStyle::line_and_points, color++};
    const double shift = 0.03 * (double(color) - 2.5);  // so that runs do not hide each other
    for (std::size_t r = 0; r < run.rests.size(); ++r) {
      const CriticalPoint& at = phases.points[run.rests[r].point];
      const std::size_t until = r + 1 < run.rests.size() ? run.rests[r + 1].begin : snapshots.size() - 1;
      lambda.points.emplace_back(double(snapshots[run.rests[r].begin].step), at.lambda() + shift);
      lambda.points.emplace_back(double(snapshots[until].step), at.lambda() + shift);
      lambda.notes.insert(lambda.notes.end(), 2, at.name.text());
    }
    falls.series.push_back(std::move(loss));
    climbs.series.push_back(std::move(lambda));
  }
  for (const CriticalPoint& point : phases.points) {
    if (point.n == phases_features) falls.levels.push_back({point.loss(), point.name.text()});
  }
  falls.y_range = "[0.04:0.18]";
  climbs.y_range = "[6.5:9]";
  climbs.levels = {{7.0, "5"}, {7.5, "4"}, {8.0, "4+"}, {8.5, "4++, 5+, 6"}};
  climbs.x_range = falls.x_range = fmt::format("[0:{}]", results.points.front().cell.steps / 2);
  draw_series(path, "Phases of learning, " + results.size() + ", one feature active",
              {free_energy_panel(phases), approach_panel(phases), falls, climbs}, 2);
}

std::string facts_of_phases(const Results& results) {
  const PhasesOfLearning& phases = phases_found(results);
  std::string text;
  for (const CriticalPoint& point : phases.points) {
    if (point.n != phases_features) continue;
    text += fmt::format("{}{}: loss {:.5f}, λ {:.2f} ± {:.2f}", text.empty() ? "" : "; ", point.name.text(),
                        point.loss(), point.lambda(), point.coefficient.found.error);
  }
  std::size_t moves = 0;
  for (const LearningRun& run : phases.runs) moves += run.rests.empty() ? 0 : run.rests.size() - 1;
  return text + fmt::format(". The {} runs make {} moves from one to another.", phases.runs.size(), moves);
}

// Claims.

Measure lambda_of(const char* name, const char* point, const char* other) {
  return {name, [point](const Results& results) { return phases_found(results).at(point).lambda(); },
          [other](const Results& results) { return phases_found(results).at(other).lambda(); }};
}

/// By how much the bias of the absent feature of a pentagon lowers the loss, in units of 1/(4·6²).
double gain_of_absent_bias(double bias) {
  ToyModel model = polygon_model({5, 0}, phases_features);
  const Objective objective = learning_objective(
      ModelKind::relu_output, with_active(uniform_features(phases_features, 0.0), 1), LearningLoss::exact);
  const double without = objective(model).loss;
  model.b[5] = bias;
  return (without - objective(model).loss) * 4.0 * double(phases_features * phases_features);
}

}  // namespace

Experiment phases_of_learning() {
  return {.id = "phases-of-learning",
          .summary = "learning coefficients of k-gons, and the order in which training passes them",
          .axes = {start_axis(96, 256)},
          .cell = learning_cell,
          .find = find_phases_of_learning,
          .tables = {{"critical-points", critical_point_table},
                     {"temperatures", temperature_table},
                     {"sample-sizes", sample_size_table},
                     {"runs", run_table}},
          .figures =
              {{"phases-of-learning",
                "Free energy n L + λ log n + ½‖w‖² of k-gons of six features, their λ̂ by the exact loss with "
                "control variates and as drawn, and the loss and λ of where runs of training rest.",
                draw_phases_of_learning, facts_of_phases}},
          .measures = {lambda_of("pentagon", "5", "6"),
                       lambda_of("hexagon", "6", "5"),
                       lambda_of("pentagon-plus", "5+", "5"),
                       lambda_of("square", "4", "5"),
                       {"absent-bias", [](const Results&) { return gain_of_absent_bias(1.0 / 12.0); },
                        [](const Results&) { return gain_of_absent_bias(1.0 / 6.0); }},
                       {"sample-size",
                        [](const Results& results) {
                          const PhasesOfLearning& phases = phases_found(results);
                          return samples_to_move(phases.at("5"), phases.at("6"),
                                                 [](const CriticalPoint& point) { return point.lambda(); });
                        },
                        [](const Results& results) {
                          const PhasesOfLearning& phases = phases_found(results);
                          return samples_to_move(phases.at("5"), phases.at("6"), half_the_parameters);
                        }},
                       {"posterior", [](const Results& results) { return order_of_posterior(results, 1.0); },
                        [](const Results& results) { return order_of_posterior(results, 0.0); }},
                       {"order", [](const Results& results) { return share_of_climbs(results, false); },
                        [](const Results& results) { return share_of_climbs(results, true); }}}};
}

}  // namespace digon::experiments
