#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/parse_number.hpp"
#include "program/commands/cell_options.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/search_options.hpp"
#include "program/commands/shard.hpp"
#include "program/experiments/caption.hpp"
#include "program/experiments/phase_diagram.hpp"
#include "program/study/phase_map.hpp"
#include "program/study/study_files.hpp"
#include "sweep/kinds/phase_change_cell.hpp"
#include "sweep/sweep.hpp"

namespace digon {
namespace {

/// What the paper's diagrams do not have: with one of these a diagram is one of the optimum alone.
const std::vector<std::string> options_of_any_diagram{
    "axes",       "feature",        "kind",   "sparsity",    "importance",
    "correlated", "anticorrelated", "active", "correlation", "optimum-starts"};

CommandLine declare_phase() {
  CommandLine line(
      "phase",
      "the phase diagram of n features in m dimensions over any two options: whether a feature is absent, "
      "dedicated or superposed in the exact optimum, and the geometry by name; of 2 features in 1 dimension "
      "and 3 in 2, with the paper's hand-built candidates beside it",
      "digon phase --features 2 --hidden 1 --grid 64 --density 0.01:1 --relative-importance 0.1:10 --out "
      "phase\n  digon phase --features 4 --hidden 2 --correlated 2 --axes density=log:0.02:1:12 "
      "correlation=lin:0:1:12 --out phase-4-2");
  line.option("features", "N", "number of features n", "2");
  line.option("hidden", "M", "hidden dimensions m", "1");
  line.option("grid", "G", "cells along each axis, even in the logarithm", "32");
  line.list(
      "density", "LO:HI",
      "range of the density 1 − S, the axis across, default 0.01:1; with other --axes the density of all "
      "cells: a number, r^i, or n comma-separated numbers");
  line.option(
      "relative-importance", "LO:HI",
      "range of the last feature's importance (or --feature's) over what --importance says of it, the "
      "axis up; default 0.1:10");
  line.list("axes", "X=VALUES Y=VALUES",
            "two other options, across and up: VALUES are a list with commas, lin:FROM:TO:COUNT or "
            "log:FROM:TO:COUNT; of density, sparsity, correlation, penalty-weights, penalty-interference, "
            "max-coherence, importance-of-K, importance-ratio-of-K, density-of-K, density-ratio-of-K (K a "
            "feature or last), features, hidden, values, active, seed");
  line.option(
      "feature", "K",
      "the feature whose phase is told; default: the one an axis names, else none, and cells are told "
      "apart by their geometry alone");
  line.option("kind", "KIND", "relu-output, relu-hidden or absolute-value", "relu-output");
  declare_features_but_density(line);
  line.option("correlation", "RHO", "of the sets of --correlated");
  declare_penalty(line);
  line.option("optimum-starts", "K",
              "random starts of each search; of ten features and more 250 descents each; default 8");
  declare_seed_and_threads(line);
  declare_shard(line);
  declare_wait(line);
  line.option("out", "DIR", "folder for phase.csv, boundary.csv and the figures, .svg, .png, .gp");
  line.flag("json",
            "print the cells and the boundary as JSON, an object a row of phase.csv and boundary.csv");
  return line;
}

std::optional<std::pair<double, double>> range_in(const std::string& text, double greatest) {
  const auto range = parse_range(text);
  const bool is_one =
      range && range->first > 0.0 && range->first < range->second && range->second <= greatest;
  return is_one ? range : std::nullopt;
}

/// The option "LO:HI" with 0 < LO < HI ≤ greatest.
std::pair<double, double> read_range(const CommandLine& line, const std::string& name,
                                     const std::string& otherwise, double greatest) {
  const std::string text = line.has(name) ? line.text(name) : otherwise;
  const auto range = range_in(text, greatest);
  if (!range) reject("--{}: '{}' given; accepted: LO:HI with 0 < LO < HI ≤ {}", name, text, greatest);
  return *range;
}

constexpr double greatest_ratio = 1e6;
constexpr std::uint64_t greatest_features = 10'000;

/// What is told of a diagram whose tables are there, and its files are written.
void say(const CommandLine& line, const std::filesystem::path& folder, const Table& cells,
         const Table& boundary, const std::string& law, const std::map<std::string, std::size_t>& counts) {
  write_csv(folder / "phase.csv", cells);
  write_csv(folder / "boundary.csv", boundary);
  if (line.has("json")) {
    print_answers(nlohmann::json::array({{{"cells", rows_of(cells)}, {"boundary", rows_of(boundary)}}}));
    return;
  }
  fmt::print("{}\n", law);
  for (const auto& [phase, count] : counts)
    fmt::print("{}: {} of {} cells\n", phase, count, cells.rows.size());
  fmt::print("Tables and figure are in {}\n", folder.string());
}

// The paper's diagrams: n features in n − 1 dimensions, density and relative importance, with candidates.

bool is_of_the_paper(const CommandLine& line) {
  const std::uint64_t n = line.integer("features", 1, greatest_features);
  const std::uint64_t m = line.integer("hidden", 1, greatest_features);
  for (const std::string& option : options_of_any_diagram) {
    if (line.given(option)) return false;
  }
  return m + 1 == n && (n == 2 || n == 3);
}

int draw_the_papers(const CommandLine& line) {
  const auto n = Eigen::Index(line.integer("features", 2, 3));
  const auto grid = Eigen::Index(line.integer("grid", 2, 1000));
  const auto axis = [&](const char* name, const char* otherwise, double greatest) {
    const auto [low, high] = read_range(line, name, otherwise, greatest);
    return logarithmic_grid(grid, low, high);
  };
  const PhaseGrid cells{n, axis("density", "0.01:1", 1.0),
                        axis("relative-importance", "0.1:10", greatest_ratio), read_values(line),
                        read_penalty(line)};
  const std::uint64_t seed = read_seed(line);
  const std::size_t threads = read_threads(line);
  const std::filesystem::path folder = line.text("out");
  const auto lock = claim_results(line, folder);

  nlohmann::json settings{
      {"features", n},
      {"grid", grid},
      {"density", line.has("density") ? line.text("density") : "0.01:1"},
      {"relative_importance", line.has("relative-importance") ? line.text("relative-importance") : "0.1:10"},
      {"seed", seed},
      {"values", name_of(cells.values)}};
  if (!cells.penalty.is_none()) settings["penalty"] = describe(cells.penalty);
  const std::unique_ptr<RunStore> store = open_store(line, folder, settings);
  std::vector<PhaseCell> phases;
  std::vector<Transition> transitions;
  try {
    phases = compute_phases(*store, cells, seed, threads);
    transitions = find_transitions(*store, cells, phases, threads);
  } catch (const Interrupted&) {
    return explain_interrupted(folder, *store);
  } catch (const LeftToShards&) {
    return explain_left_to_shards(line, folder);
  }
  draw_phases(folder / "phase", phase_diagram(cells, phases, transitions));
  std::map<std::string, std::size_t> counts;
  for (const PhaseCell& each : phases) ++counts[std::string(name_of(each.exact.phase))];
  say(line, folder, phase_table(phases), boundary_table(transitions),
      fmt::format("values {}{}", describe_values(cells.values),
                  cells.penalty.is_none() ? "" : "; penalty " + describe(cells.penalty)),
      counts);
  return 0;
}

// Any other: a study of two axes and the optimum.

StudyAxis logarithmic_axis(const std::string& option, const std::pair<double, double>& range,
                           std::uint64_t count) {
  return parse_axis("--" + option, option, {fmt::format("log:{}:{}:{}", range.first, range.second, count)});
}

/// Up, then across: the axis across varies fastest.
std::vector<StudyAxis> read_axes(const CommandLine& line, const CellVocabulary& vocabulary) {
  if (!line.has("axes")) {
    const std::uint64_t grid = line.integer("grid", 2, 1000);
    const std::string feature = line.has("feature") ? line.text("feature") : "last";
    return {logarithmic_axis("importance-ratio-of-" + feature,
                             read_range(line, "relative-importance", "0.1:10", greatest_ratio), grid),
            logarithmic_axis("density", read_range(line, "density", "0.01:1", 1.0), grid)};
  }
  line.refuse({"grid", "relative-importance"}, "given with --axes, which say it; accepted: either");
  const std::vector<std::string> texts = line.list("axes");
  if (texts.size() != 2) reject("--axes: {} given; accepted: two, X=VALUES Y=VALUES", texts.size());
  std::vector<StudyAxis> axes;
  for (const std::string& text : {texts[1], texts[0]}) {
    axes.push_back(read_axis("--axes", text, vocabulary));
    if (!axes.back().is_numeric || axes.back().size() < 2) {
      reject("--axes: '{}' given; accepted: at least two numbers", text);
    }
  }
  if (axes[0].option == axes[1].option) reject("--axes: {} given twice; accepted: two", axes[0].option);
  return axes;
}

Study read_diagram(const CommandLine& line, const CellVocabulary& vocabulary) {
  Study study;
  study.id = "phase";
  study.axes = read_axes(line, vocabulary);
  study.compute = {Compute::optimum, Compute::geometry};
  for (const std::string& name : vocabulary.names) {
    if (!line.has(name)) continue;
    if (study.find_axis(name) != nullptr) {
      if (name == "density" && !line.has("axes")) continue;
      if (line.given(name)) reject("--{}: given and an axis; accepted: either", name);
      continue;
    }
    study.shared.push_back({name, line.list(name)});
  }
  return study;
}

std::optional<Eigen::Index> told_feature(const CommandLine& line, const StudyResults& results) {
  const Eigen::Index n = results.points.front().cell.model.features.features();
  if (!line.has("feature")) return swept_feature(results.study->axes, n);
  return line.text("feature") == "last" ? n - 1
                                        : Eigen::Index(line.integer("feature", 0, std::uint64_t(n - 1)));
}

Table diagram_table(const StudyResults& results, std::optional<Eigen::Index> feature) {
  const Study& study = *results.study;
  Table table{{study.axes[1].column(), study.axes[0].column(), "loss", "share_of_zero", "phase", "norm",
               "geometry", "represented", "coherence"},
              {}};
  for (const StudyPoint& point : results.points) {
    const StudyModel& best = point.models.front();
    table.add_row({study.axes[1].texts[point.at[1]], study.axes[0].texts[point.at[0]], text_of(best.loss),
                   text_of(best.loss / point.zero_loss), feature ? phase_name(best.model, feature) : "",
                   feature ? text_of(best.geometry.norm[*feature]) : "", best.name, text_of(best.represented),
                   text_of(best.coherence)});
  }
  return table;
}

Table diagram_boundary_table(const Study& study, const std::vector<PhaseBoundary>& boundary) {
  Table table{{study.axes[1].column(), study.axes[0].column(), "from_phase", "to_phase"}, {}};
  for (const PhaseBoundary& point : boundary) {
    table.add_row({text_of(point.x), text_of(point.y), point.from, point.to});
  }
  return table;
}

/// "relu-output; n = 4, m = 2; features …; density 1 to 0.02 (12 values) …".
std::string describe_diagram(const StudyResults& results) {
  std::vector<TrainingCell> cells;
  for (const StudyPoint& point : results.points) cells.push_back(point.cell.model);
  const Penalty& penalty = results.points.front().cell.penalty;
  return describe_laws(cells) + (penalty.is_none() ? "" : "; penalty " + describe(penalty));
}

void draw_diagram(const std::filesystem::path& folder, const StudyResults& results,
                  std::optional<Eigen::Index> feature, const std::vector<PhaseBoundary>& boundary) {
  const TrainingCell& first = results.points.front().cell.model;
  PhaseMapOptions options;
  options.x = results.study->axes[1].option;
  options.y = results.study->axes[0].option;
  const bool varies =
      results.study->find_axis("features") != nullptr || results.study->find_axis("hidden") != nullptr;
  options.title = varies ? describe_law(first.features)
                         : fmt::format("{{/:Italic n}} = {} features in {{/:Italic m}} = {}",
                                       first.features.features(), first.hidden);
  options.boundary = boundary;
  options.feature = feature;
  options.by_geometry = !feature;
  options.value = "optimum_share_of_zero";
  GridFigure phases = phase_grid(results, options);
  phases.value_label = "loss / loss of answering 0";
  draw_grid(folder / "phase", phases);
  if (!feature) return;
  options.by_geometry = true;
  options.boundary.clear();
  options.value = "optimum_represented";
  GridFigure geometry = phase_grid(results, options);
  geometry.panels.back().title = "how many are represented";
  geometry.value_label = "features represented";
  draw_grid(folder / "geometry", geometry);
}

int draw_any(const CommandLine& line) {
  const CellVocabulary vocabulary = cell_vocabulary();
  const Study study = read_diagram(line, vocabulary);
  std::vector<StudyCell> cells = read_cells(study, vocabulary);
  for (const StudyCell& cell : cells) {
    if (cell.model.kind == ModelKind::linear) {
      reject("--kind: linear given; accepted: relu-output, relu-hidden, absolute-value");
    }
  }
  require_computable(study, cells);
  const std::size_t threads = read_threads(line);
  const std::filesystem::path folder = line.text("out");
  const auto lock = claim_results(line, folder);
  const std::unique_ptr<RunStore> store = open_store(line, folder, identity_of(study));
  try {
    const StudyResults results = compute_study(study, std::move(cells), *store, threads);
    const std::optional<Eigen::Index> feature = told_feature(line, results);
    const std::vector<PhaseBoundary> boundary = find_phase_boundary(results, feature, *store, threads);
    draw_diagram(folder, results, feature, boundary);
    std::map<std::string, std::size_t> counts;
    for (const StudyPoint& point : results.points) ++counts[phase_name(point.models.front().model, feature)];
    say(line, folder, diagram_table(results, feature), diagram_boundary_table(study, boundary),
        describe_diagram(results), counts);
  } catch (const Interrupted&) {
    return explain_interrupted(folder, *store);
  } catch (const LeftToShards&) {
    return explain_left_to_shards(line, folder);
  }
  return 0;
}

}  // namespace

int run_phase(const std::vector<std::string>& arguments) {
  CommandLine line = declare_phase();
  if (!line.parse(arguments)) return 0;
  line.refuse({"data"}, "given of a diagram; accepted: a law");
  return is_of_the_paper(line) ? draw_the_papers(line) : draw_any(line);
}

}  // namespace digon
