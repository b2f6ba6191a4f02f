// phase-2-1 and phase-3-2: the phase change, elhage2022 §3. Which features are absent, have a dimension of
// their own, or share one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "program/experiments/experiment.hpp"
#include "program/experiments/phase_diagram.hpp"
#include "sweep/kinds/onset_cell.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon::experiments {
namespace {

PhaseGrid grid_of(Eigen::Index n, Preset preset) {
  const Eigen::Index size = preset == Preset::quick ? 12 : 50;
  return {n, logarithmic_grid(size, 0.01, 1.0), logarithmic_grid(size, 0.1, 10.0)};
}

/// The features of an experiment of n features in n − 1 dimensions.
Eigen::Index features_in(const Results& results) {
  return results.points.front().cell.features.features();
}

/// The grid of the points.
PhaseGrid grid_of(const Results& results) {
  std::vector<double> importance;
  std::vector<double> density;
  for (const Point& point : results.points) {
    if (importance.empty() || importance.back() != point.setting.at[0])
      importance.push_back(point.setting.at[0]);
    if (importance.size() == 1) density.push_back(point.setting.at[1]);
  }
  const auto vector = [](const std::vector<double>& values) {
    return Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(values.data(), Eigen::Index(values.size())));
  };
  return {features_in(results), vector(density), vector(importance)};
}

/// A row of the diagram a relative importance, a column a density: the order of PhaseGrid::point.
std::vector<Axis> axes_of(Eigen::Index n) {
  const auto values = [](const Eigen::VectorXd& grid) {
    return std::vector<double>(grid.begin(), grid.end());
  };
  const PhaseGrid quick = grid_of(n, Preset::quick);
  const PhaseGrid paper = grid_of(n, Preset::paper);
  return {settable_axis("importance-of-last",
                        {"importance of the last feature", values(quick.relative_importance),
                         values(paper.relative_importance)}),
          settable_axis("density", {"density", values(quick.density), values(paper.density)})};
}

TrainingCell phase_cell(Eigen::Index n, const Setting& setting) {
  TrainingCell cell;
  cell.features = features_of({n, setting.at[1], setting.at[0]});
  cell.hidden = n - 1;
  cell.starts = setting.choose(4, 8);
  cell.steps = setting.choose(4'000, 10'000);
  cell.learning_rate = 1e-2;
  return cell;
}

// What the exact theory says.

/// Where superposition sets in as the features grow sparser, for one relative importance.
struct Onset {
  double relative_importance = 0.0;
  std::optional<PhaseOnset> exact;  ///< none where even density 1 is superposed, or nothing is
  std::optional<double> trained;    ///< the densest cell whose trained model is superposed
};

struct Phases {
  PhaseGrid grid;
  std::vector<PhaseCell> cells;  ///< one a point
  std::vector<Transition> transitions;
  std::vector<Onset> onsets;  ///< one a relative importance
};

const Phases& phases_of(const Results& results) {
  return results.found_as<Phases>();
}

std::vector<Onset> onsets_of(const Results& results, const Phases& phases) {
  const Eigen::Index columns = phases.grid.density.size();
  std::vector<Onset> onsets;
  std::vector<OnsetCell> searches;
  std::vector<std::size_t> owner;
  for (Eigen::Index r = 0; r < phases.grid.relative_importance.size(); ++r) {
    Onset onset;
    onset.relative_importance = phases.grid.relative_importance[r];
    for (Eigen::Index c = columns - 1; c >= 0; --c) {
      const std::size_t k = std::size_t(r * columns + c);
      if (!onset.trained && phase_of(results.points[k].trained.best) == Phase::superposed) {
        onset.trained = phases.grid.density[c];
      }
    }
    for (Eigen::Index c = columns - 1; c >= 0; --c) {
      const std::size_t k = std::size_t(r * columns + c);
      if (phases.cells[k].exact.phase != Phase::superposed) continue;
      if (c < columns - 1) {
        searches.push_back({phases.cells[k + 1].point, phases.cells[k].point});
        owner.push_back(onsets.size());
      }
      break;
    }
    onsets.push_back(onset);
  }
  const std::vector<PhaseOnset> found = find_onsets(results.context.store, searches, results.context.threads);
  for (std::size_t k = 0; k < found.size(); ++k) onsets[owner[k]].exact = found[k];
  return onsets;
}

std::any find_phases(const Results& results) {
  const ExperimentContext& context = results.context;
  Phases phases{grid_of(results), {}, {}, {}};
  phases.cells = compute_phases(context.store, phases.grid, context.seed, context.threads);
  phases.transitions = find_transitions(context.store, phases.grid, phases.cells, context.threads);
  phases.onsets = onsets_of(results, phases);
  return phases;
}

std::vector<TableFile> tables() {
  const auto onsets = [](const Results& results) {
    /// A jump of the last feature's norm or of what it shares, across the onset, larger than this is a jump.
    constexpr double jump = 0.05;
    Table table{{"relative_importance", "exact_onset_density", "norm_jump", "shared_jump", "kind",
                 "trained_onset_density"},
                {}};
    for (const Onset& onset : phases_of(results).onsets) {
      const PhaseOnset exact = onset.exact.value_or(PhaseOnset{});
      const bool jumps = std::max(exact.norm_jump, exact.shared_jump.value_or(0.0)) > jump;
      table.add_row(
          {text_of(onset.relative_importance), onset.exact ? text_of(exact.density) : "",
           onset.exact ? text_of(exact.norm_jump) : "", exact.shared_jump ? text_of(*exact.shared_jump) : "",
           onset.exact ? (jumps ? "jump" : "continuous") : "", onset.trained ? text_of(*onset.trained) : ""});
    }
    return table;
  };
  return {{"phase", [](const Results& results) { return phase_table(phases_of(results).cells); }},
          {"boundary", [](const Results& results) { return boundary_table(phases_of(results).transitions); }},
          {"onset", onsets}};
}

// Trained models beside it.

/// How far each trained model is above the exact optimum, relative to it; or answering 0.
enum class Answer { trained, zero };
std::vector<double> excesses(const Results& results, Answer answer = Answer::trained) {
  std::vector<double> excess;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const TrainedCell& trained = results.points[k].trained;
    const double loss = answer == Answer::zero ? zero_model_loss(trained.features) : trained.loss;
    excess.push_back(loss / phases_of(results).cells[k].exact.optimum.loss - 1.0);
  }
  return excess;
}

/// Cells none of whose eight neighbours has another exact phase.
std::vector<std::size_t> cells_off_the_boundary(const Phases& phases) {
  const Eigen::Index columns = phases.grid.density.size();
  const Eigen::Index rows = phases.grid.relative_importance.size();
  const std::vector<PhaseCell>& cells = phases.cells;
  std::vector<std::size_t> off;
  for (Eigen::Index r = 0; r < rows; ++r) {
    for (Eigen::Index c = 0; c < columns; ++c) {
      const std::size_t here = std::size_t(r * columns + c);
      bool same = true;
      for (Eigen::Index y = std::max<Eigen::Index>(r - 1, 0); y <= std::min(r + 1, rows - 1); ++y) {
        for (Eigen::Index x = std::max<Eigen::Index>(c - 1, 0); x <= std::min(c + 1, columns - 1); ++x) {
          same = same && cells[std::size_t(y * columns + x)].exact.phase == cells[here].exact.phase;
        }
      }
      if (same) off.push_back(here);
    }
  }
  return off;
}

/// The share of those cells whose trained model has the exact phase; or that of the last cell but k.
double agreement_of_phases(const Results& results, bool reversed) {
  const Phases& phases = phases_of(results);
  const std::vector<std::size_t> off = cells_off_the_boundary(phases);
  const auto agree = std::count_if(off.begin(), off.end(), [&](std::size_t k) {
    const std::size_t other = reversed ? results.points.size() - 1 - k : k;
    return phase_of(results.points[other].trained.best) == phases.cells[k].exact.phase;
  });
  return double(agree) / double(off.size());
}

double least_excess(const Results& results) {
  double least = std::numeric_limits<double>::infinity();
  for (const double excess : excesses(results)) least = std::min(least, excess);
  return least;
}

double median_excess(const Results& results, Answer answer) {
  std::vector<double> excess = excesses(results, answer);
  for (double& one : excess) one = std::max(one, 0.0);
  const auto middle = excess.begin() + std::ptrdiff_t(excess.size() / 2);
  std::nth_element(excess.begin(), middle, excess.end());
  return *middle;
}

void draw_phase(const std::filesystem::path& path, const Results& results) {
  const Phases& phases = phases_of(results);
  PhaseDiagram diagram = phase_diagram(phases.grid, phases.cells, phases.transitions);
  diagram.trained_phase.resize(diagram.exact_phase.rows(), diagram.exact_phase.cols());
  diagram.trained_excess.resize(diagram.exact_phase.rows(), diagram.exact_phase.cols());
  const std::vector<double> excess = excesses(results);
  for (std::size_t k = 0; k < phases.grid.cells(); ++k) {
    const Eigen::Index row = Eigen::Index(k) / phases.grid.density.size();
    const Eigen::Index column = Eigen::Index(k) % phases.grid.density.size();
    diagram.trained_phase(row, column) = int(phase_of(results.points[k].trained.best));
    diagram.trained_excess(row, column) = std::max(excess[k], 0.0);
  }
  draw_phases(path, diagram);
}

std::string shows() {
  constexpr PhaseThresholds thresholds;
  return fmt::format(
      "Hand-built candidates, exact optimum, the best trained model of each cell by exact loss, and how far "
      "that is above the optimum. A feature is absent where its norm is below {}, superposed where others "
      "share "
      "its direction by more than {}.",
      thresholds.zero_norm, thresholds.shared);
}

Experiment phase_diagram_of(Eigen::Index n, const std::string& id, const std::string& summary) {
  return {.id = id,
          .summary = summary,
          .axes = axes_of(n),
          .cell = [n](const Setting& setting) { return phase_cell(n, setting); },
          .find = find_phases,
          .tables = tables(),
          .figures = {{id, shows(), draw_phase}},
          .measures = {
              {"agreement", [](const Results& results) { return agreement_of_phases(results, false); },
               [](const Results& results) { return agreement_of_phases(results, true); }},
              {"no-model-below-the-optimum", least_excess,
               [](const Results& results) { return (1.0 + least_excess(results)) / 1.0001 - 1.0; }},
              {"median-gap", [](const Results& results) { return median_excess(results, Answer::trained); },
               [](const Results& results) { return median_excess(results, Answer::zero); }}}};
}

}  // namespace

Experiment phase_2_1() {
  return phase_diagram_of(
      2, "phase-2-1",
      "phase diagram of 2 features in 1 dimension: candidates, exact optimum, trained models");
}

Experiment phase_3_2() {
  return phase_diagram_of(3, "phase-3-2", "phase diagram of 3 features in 2 dimensions");
}

}  // namespace digon::experiments
