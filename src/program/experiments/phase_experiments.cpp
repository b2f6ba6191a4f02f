// The phase change, elhage2022 §3: which features are absent, have a dimension of their own, or share one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/files/table.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "program/experiments/catalog.hpp"
#include "program/experiments/phase_diagram.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

/// A jump of the last feature's norm or of what it shares, across the transition, larger than this is a jump.
constexpr double jump = 0.05;

std::vector<TrainingCell> training_cells(const PhaseGrid& grid, const ExperimentContext& context) {
  std::vector<TrainingCell> cells;
  for (std::size_t k = 0; k < grid.cells(); ++k) {
    TrainingCell cell;
    cell.features = features_of(grid.point(k));
    cell.hidden = grid.features - 1;
    cell.starts = context.choose<std::size_t>(4, 8);
    cell.steps = context.choose<std::size_t>(4'000, 10'000);
    cell.learning_rate = 1e-2;
    cell.seed = context.seed;
    cells.push_back(std::move(cell));
  }
  return cells;
}

/// Cells none of whose eight neighbours has another exact phase.
std::vector<std::size_t> cells_off_the_boundary(const PhaseGrid& grid, const std::vector<PhaseCell>& cells) {
  const Eigen::Index columns = grid.density.size();
  const Eigen::Index rows = grid.relative_importance.size();
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

/// How the last feature is represented: ‖W_n‖, and how much of its direction others use.
Eigen::Vector2d state_of(const PhasePoint& point) {
  const FeatureGeometry geometry = feature_geometry(exact_phase(point).optimum.model.W);
  const Eigen::Index last = point.features - 1;
  return {geometry.norm[last], geometry.superposition[last]};
}

StoredCell compute_onset(const nlohmann::json& settings, const std::string& /*given*/) {
  const nlohmann::json& between = settings.at("onset");
  PhasePoint at = transition_between(phase_point_from(between.at(0)), phase_point_from(between.at(1)));
  const double onset = at.density;
  constexpr double aside = 1e-4;
  at.density = std::min(1.0, onset * (1.0 + aside));
  const Eigen::Vector2d above = state_of(at);
  at.density = onset * (1.0 - aside);
  const Eigen::Vector2d change = (state_of(at) - above).cwiseAbs();
  return {{{"density", onset}, {"norm_jump", change[0]}, {"shared_jump", change[1]}}, {}};
}

const CellKind onset_kind{"onset of superposition", 1, &compute_onset};

/// Where superposition sets in as the features grow sparser, for one relative importance.
struct Onset {
  double relative_importance = 0.0;
  std::optional<double> density;  ///< the exact onset; none where even density 1 is superposed, or nothing is
  double norm_jump = 0.0;
  double shared_jump = 0.0;
  std::optional<double> trained;  ///< the densest cell whose trained model is superposed
};

SweepCell onset_cell(const PhasePoint& denser, const PhasePoint& sparser) {
  return {&onset_kind, {{"onset", {describe(denser), describe(sparser)}}}};
}

std::optional<std::vector<Onset>> find_onsets(const PhaseGrid& grid, const std::vector<PhaseCell>& cells,
                                              const std::vector<TrainedCell>& trained,
                                              const ExperimentContext& context) {
  const Eigen::Index columns = grid.density.size();
  std::vector<Onset> onsets;
  std::vector<SweepCell> searches;
  std::vector<std::size_t> owner;
  for (Eigen::Index r = 0; r < grid.relative_importance.size(); ++r) {
    Onset onset;
    onset.relative_importance = grid.relative_importance[r];
    for (Eigen::Index c = columns - 1; c >= 0; --c) {
      const std::size_t k = std::size_t(r * columns + c);
      if (!onset.trained && phase_of(trained[k].best) == Phase::superposed) onset.trained = grid.density[c];
    }
    for (Eigen::Index c = columns - 1; c >= 0; --c) {
      const std::size_t k = std::size_t(r * columns + c);
      if (cells[k].exact.phase != Phase::superposed) continue;
      if (c < columns - 1) {
        searches.push_back(onset_cell(cells[k + 1].point, cells[k].point));
        owner.push_back(onsets.size());
      }
      break;
    }
    onsets.push_back(onset);
  }
  const auto found = sweep(context.store, "onset of superposition", searches, context.threads);
  if (!found) return std::nullopt;
  for (std::size_t k = 0; k < found->size(); ++k) {
    const nlohmann::json& result = (*found)[k].result;
    Onset& onset = onsets[owner[k]];
    onset.density = result.at("density").get<double>();
    onset.norm_jump = result.at("norm_jump").get<double>();
    onset.shared_jump = result.at("shared_jump").get<double>();
  }
  return onsets;
}

void write_onsets(const std::filesystem::path& path, const std::vector<Onset>& onsets) {
  Table table{{"relative_importance", "exact_onset_density", "norm_jump", "shared_jump", "kind",
               "trained_onset_density"},
              {}};
  for (const Onset& onset : onsets) {
    const bool jumps = std::max(onset.norm_jump, onset.shared_jump) > jump;
    table.add_row({cell(onset.relative_importance), onset.density ? cell(*onset.density) : "",
                   cell(onset.norm_jump), cell(onset.shared_jump),
                   onset.density ? (jumps ? "jump" : "continuous") : "",
                   onset.trained ? cell(*onset.trained) : ""});
  }
  write_csv(path, table);
}

std::optional<std::vector<Check>> run_phase_experiment(Eigen::Index n, const ExperimentContext& context) {
  const std::string id = n == 2 ? "phase-2-1" : "phase-3-2";
  const Eigen::Index size = context.choose<Eigen::Index>(12, 50);
  const PhaseGrid grid{n, logarithmic_grid(size, 0.01, 1.0), logarithmic_grid(size, 0.1, 10.0)};
  const auto cells = compute_phases(context.store, grid, context.seed, context.threads);
  if (!cells) return std::nullopt;
  const auto transitions = find_transitions(context.store, grid, *cells, context.threads);
  if (!transitions) return std::nullopt;
  const auto trained = train_cells(context.store, id, training_cells(grid, context), context.threads);
  if (!trained) return std::nullopt;
  const auto onsets = find_onsets(grid, *cells, *trained, context);
  if (!onsets) return std::nullopt;

  PhaseDiagram diagram = phase_diagram(grid, *cells, *transitions);
  diagram.trained_phase.resize(diagram.exact_phase.rows(), diagram.exact_phase.cols());
  diagram.trained_excess.resize(diagram.exact_phase.rows(), diagram.exact_phase.cols());
  double least_excess = 0.0;
  for (std::size_t k = 0; k < grid.cells(); ++k) {
    const Eigen::Index row = Eigen::Index(k) / grid.density.size();
    const Eigen::Index column = Eigen::Index(k) % grid.density.size();
    const double excess = (*trained)[k].loss / (*cells)[k].exact.optimum.loss - 1.0;
    diagram.trained_phase(row, column) = int(phase_of((*trained)[k].best));
    diagram.trained_excess(row, column) = std::max(excess, 0.0);
    least_excess = std::min(least_excess, excess);
  }
  const std::vector<std::size_t> off = cells_off_the_boundary(grid, *cells);
  std::size_t agree = 0;
  for (const std::size_t k : off) agree += phase_of((*trained)[k].best) == (*cells)[k].exact.phase;

  write_phase_tables(context.folder, *cells, *transitions);
  write_onsets(context.folder / "onset.csv", *onsets);
  write_cells(context.folder, *trained);
  draw_phases(context.folder / id, diagram);
  write_caption(
      context.folder / id, context,
      fmt::format("Phase diagram of {} features in {} dimensions, features {}: hand-built candidates, "
                  "exact optimum, best of {} trained models a cell by exact loss ({} steps of Adam, "
                  "batch 1024, cosine from 0.01), and how far those are above the optimum. A feature is "
                  "absent where its norm is below 0.03, superposed where others share its direction by "
                  "more than 0.001.",
                  n, n - 1, describe_law((*trained)[0].features), (*trained)[0].losses.size(),
                  training_cells(grid, context)[0].steps));
  std::vector<double> excesses(diagram.trained_excess.data(),
                               diagram.trained_excess.data() + diagram.trained_excess.size());
  const auto middle = excesses.begin() + std::ptrdiff_t(excesses.size() / 2);
  std::nth_element(excesses.begin(), middle, excesses.end());
  return std::vector<Check>{judge(id + "/agreement", double(agree) / double(off.size())),
                            judge(id + "/no-model-below-the-optimum", least_excess),
                            judge(id + "/median-gap", *middle)};
}

}  // namespace

std::vector<CatalogEntry> phase_experiments() {
  return {
      {"phase-2-1", "phase diagram of 2 features in 1 dimension: candidates, exact optimum, trained models",
       [](const ExperimentContext& context) { return run_phase_experiment(2, context); }},
      {"phase-3-2", "phase diagram of 3 features in 2 dimensions",
       [](const ExperimentContext& context) { return run_phase_experiment(3, context); }}};
}

}  // namespace digon
