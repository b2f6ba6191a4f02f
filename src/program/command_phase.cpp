#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "core/atomic_file.hpp"
#include "core/input_error.hpp"
#include "core/interrupt.hpp"
#include "core/parallel.hpp"
#include "core/parse_number.hpp"
#include "core/progress.hpp"
#include "core/table.hpp"
#include "plots/phase_figure.hpp"
#include "program/command_line.hpp"
#include "program/commands.hpp"
#include "theory/phase.hpp"

namespace digon {
namespace {

/// One cell of the diagram.
struct Cell {
  PhasePoint point;
  std::vector<CandidateLoss> candidates;  // the best first
  ExactPhase exact;
};

/// A point of the boundary between two neighbouring cells of different phases.
struct Transition {
  PhasePoint at;
  Phase from = Phase::absent;  ///< of the denser or less important neighbour
  Phase to = Phase::absent;
};

CommandLine declare() {
  CommandLine line(
      "phase", "the phase diagram of n features in n − 1 dimensions: hand-built candidates and exact optimum",
      "digon phase --features 2 --hidden 1 --grid 64 --density 0.01:1 --relative-importance 0.1:10 --out "
      "phase");
  line.option("features", "N", "number of features n, 2 or 3", "2");
  line.option("hidden", "M", "hidden dimensions m = n − 1", "1");
  line.option("grid", "G", "cells along each axis, even in the logarithm", "32");
  line.option("density", "LO:HI", "range of the density 1 − S", "0.01:1");
  line.option("relative-importance", "LO:HI", "range of the last feature's importance over the others'",
              "0.1:10");
  declare_seed_and_threads(line);
  line.option("out", "DIR", "folder for phase.csv, boundary.csv and the figure phase.svg, .png, .gp");
  return line;
}

/// The G values, even in the logarithm, of an option "LO:HI" with 0 < LO < HI ≤ greatest.
Eigen::VectorXd read_range(const CommandLine& line, const std::string& name, Eigen::Index count,
                           double greatest) {
  const std::string text = line.text(name);
  const auto range = parse_range(text);
  if (!range || !(range->first > 0.0 && range->first < range->second && range->second <= greatest)) {
    reject("--{}: '{}' given; accepted: LO:HI with 0 < LO < HI ≤ {}", name, text, greatest);
  }
  const auto [low, high] = *range;
  return Eigen::VectorXd::LinSpaced(count, std::log(low), std::log(high)).array().exp().min(high);
}

std::vector<Cell> compute_cells(Eigen::Index features, const Eigen::VectorXd& densities,
                                const Eigen::VectorXd& importances, std::uint64_t seed, std::size_t threads) {
  std::vector<Cell> cells(std::size_t(densities.size() * importances.size()));
  Progress progress("phase", cells.size());
  parallel_for(cells.size(), threads, [&](std::size_t k) {
    if (interrupted()) return;
    const Eigen::Index row = Eigen::Index(k) / densities.size();
    const Eigen::Index column = Eigen::Index(k) % densities.size();
    const PhasePoint point{features, densities[column], importances[row]};
    cells[k] = {point, candidate_losses(point), exact_phase(point, 2, seed)};
    progress.advance(1);
  });
  return cells;
}

/// Every change of phase between neighbours along either axis, refined.
std::vector<Transition> find_transitions(const std::vector<Cell>& cells, std::size_t columns,
                                         std::size_t threads) {
  std::vector<std::pair<const Cell*, const Cell*>> changes;
  const auto compare = [&](std::size_t from, std::size_t to) {
    if (cells[from].exact.phase != cells[to].exact.phase) changes.emplace_back(&cells[from], &cells[to]);
  };
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (k % columns != 0) compare(k, k - 1);
    if (k + columns < cells.size()) compare(k, k + columns);
  }
  std::vector<Transition> transitions(changes.size());
  Progress progress("phase boundary", changes.size());
  parallel_for(changes.size(), threads, [&](std::size_t k) {
    if (interrupted()) return;
    const auto& [from, to] = changes[k];
    transitions[k] = {transition_between(from->point, to->point), from->exact.phase, to->exact.phase};
    progress.advance(1);
  });
  return transitions;
}

void write_tables(const std::filesystem::path& folder, const std::vector<Cell>& cells,
                  const std::vector<Transition>& transitions) {
  Table phases{
      {"density", "relative_importance", "drop_first", "drop_last", "pair_of_first_two", "pair_with_last",
       "best_candidate", "candidate_phase", "exact_loss", "exact_phase", "last_norm", "gradient_norm"},
      {}};
  for (const Cell& each : cells) {
    std::map<Candidate, std::string> losses;
    for (const CandidateLoss& one : each.candidates) losses[one.candidate] = cell(one.loss);
    const ToyModel& model = each.exact.optimum.model;
    phases.add_row({cell(each.point.density), cell(each.point.relative_importance),
                    losses[Candidate::drop_first], losses[Candidate::drop_last],
                    losses[Candidate::pair_of_first_two], losses[Candidate::pair_with_last],
                    std::string(name_of(each.candidates[0].candidate)),
                    std::string(name_of(phase_of(each.candidates[0].candidate))),
                    cell(each.exact.optimum.loss), std::string(name_of(each.exact.phase)),
                    cell(model.W.col(model.features() - 1).norm()), cell(each.exact.optimum.gradient_norm)});
  }
  Table boundary{{"density", "relative_importance", "from_phase", "to_phase"}, {}};
  for (const Transition& each : transitions) {
    boundary.add_row({cell(each.at.density), cell(each.at.relative_importance),
                      std::string(name_of(each.from)), std::string(name_of(each.to))});
  }
  write_csv(folder / "phase.csv", phases);
  write_csv(folder / "boundary.csv", boundary);
}

PhaseDiagram diagram_of(const std::vector<Cell>& cells, const Eigen::VectorXd& densities,
                        const Eigen::VectorXd& importances, const std::vector<Transition>& transitions) {
  const Eigen::Index rows = importances.size();
  const Eigen::Index columns = densities.size();
  const Eigen::Index n = cells[0].point.features;
  PhaseDiagram diagram{fmt::format("{{/:Italic n}} = {} features in {{/:Italic m}} = {}", n, n - 1),
                       densities,
                       importances,
                       Eigen::MatrixXi(rows, columns),
                       Eigen::MatrixXi(rows, columns),
                       Eigen::MatrixXd(rows, columns),
                       {}};
  for (const Transition& each : transitions) {
    diagram.boundary.emplace_back(each.at.density, each.at.relative_importance);
  }
  for (Eigen::Index row = 0; row < rows; ++row) {
    for (Eigen::Index column = 0; column < columns; ++column) {
      const Cell& each = cells[std::size_t(row * columns + column)];
      diagram.candidate_phase(row, column) = int(phase_of(each.candidates[0].candidate));
      diagram.exact_phase(row, column) = int(each.exact.phase);
      diagram.excess(row, column) = each.candidates[0].loss / each.exact.optimum.loss - 1.0;
    }
  }
  return diagram;
}

}  // namespace

int run_phase(const std::vector<std::string>& arguments) {
  CommandLine line = declare();
  if (!line.parse(arguments)) return 0;
  const auto n = Eigen::Index(line.integer("features", 2, 3));
  const auto m = Eigen::Index(line.integer("hidden", 1, 2));
  if (m != n - 1) reject("--hidden: {} given with --features {}; accepted: {}", m, n, n - 1);
  const auto grid = Eigen::Index(line.integer("grid", 2, 1000));
  const Eigen::VectorXd densities = read_range(line, "density", grid, 1.0);
  const Eigen::VectorXd importances = read_range(line, "relative-importance", grid, 1e6);
  const std::uint64_t seed = read_seed(line);
  const std::size_t threads = read_threads(line);
  const std::filesystem::path folder = line.text("out");
  require_folder(folder);

  const std::vector<Cell> cells = compute_cells(n, densities, importances, seed, threads);
  const std::vector<Transition> transitions =
      interrupted() ? std::vector<Transition>{} : find_transitions(cells, std::size_t(grid), threads);
  if (interrupted()) {
    fmt::print(stderr, "digon: interrupted; nothing was written\n");
    return exit_interrupted;
  }
  write_tables(folder, cells, transitions);
  draw_phases(folder / "phase", diagram_of(cells, densities, importances, transitions));
  std::map<Phase, std::size_t> counts;
  for (const Cell& each : cells) ++counts[each.exact.phase];
  for (const auto& [phase, count] : counts)
    fmt::print("{}: {} of {} cells\n", name_of(phase), count, cells.size());
  fmt::print("Tables and figure are in {}\n", folder.string());
  return 0;
}

}  // namespace digon
