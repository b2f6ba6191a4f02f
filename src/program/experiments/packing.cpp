// Packings found from random starts beside the known optima: Thomson's problem for 2 to 100 points, or a
// selection of them in the quick preset; universally optimal codes with the names of their geometry,
// equiangular tight frames, relu2 and the frame potential.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/interrupt.hpp"
#include "core/base/parse_number.hpp"
#include "core/base/progress.hpp"
#include "geometry/named_geometry.hpp"
#include "plots/packing_survey_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/spherical_code.hpp"

namespace digon::experiments {
namespace {

constexpr double thomson_tolerance = 2e-9;  // the table's nine decimals, at its smallest energies
constexpr double code_tolerance = 1e-9;

/// A universally optimal code, found from random starts.
struct CodeCase {
  Eigen::Index dim;
  Eigen::Index points;
  std::string geometry;
  std::size_t starts;
};

const std::vector<CodeCase>& code_cases() {
  static const std::vector<CodeCase> cases{{2, 5, "pentagon", 8},
                                           {2, 7, "heptagon", 8},
                                           {3, 4, "tetrahedron", 8},
                                           {3, 6, "3 digons (octahedron)", 8},
                                           {3, 12, "icosahedron", 16},
                                           {4, 24, "24-cell", 100},
                                           {5, 16, "Clebsch (hemicube)", 16},
                                           {6, 27, "Schläfli", 16},
                                           {7, 56, "Gosset 3_21", 8},
                                           {4, 120, "600-cell", 4},
                                           {8, 240, "E8 roots", 2}};
  return cases;
}

struct FrameCase {
  Eigen::Index dim;
  Eigen::Index lines;
};
constexpr std::array frame_cases{FrameCase{2, 3}, FrameCase{3, 6}, FrameCase{5, 10}, FrameCase{6, 16},
                                 FrameCase{7, 28}};

PackingSearch search_of(const ExperimentContext& context, std::size_t starts) {
  PackingSearch search;
  search.starts = starts;
  search.seed = context.seed;
  search.threads = context.threads;
  return search;
}

// The null of all checks here is the packing of random points.

double random_energy(const ExperimentContext& context, const PackingEnergy& energy, Eigen::Index points,
                     Eigen::Index dim) {
  return packing_energy(energy, random_points(points, dim, context.seed));
}

double random_coherence(const ExperimentContext& context, CodeKind kind, Eigen::Index points,
                        Eigen::Index dim) {
  return coherence(kind, random_points(points, dim, context.seed));
}

/// A check whose measured value, and whose null's, is held by `holds`.
Check check_of(const std::string& id, const std::string& claim, const std::string& expected,
               const std::string& measured, const std::string& tolerance, double value, double random,
               const std::function<bool(double)>& holds) {
  return {id,
          claim,
          expected,
          measured,
          tolerance,
          holds(value),
          {"random points", fmt::format("{:.6g}", random), holds(random)},
          {value, random, parse_number(expected)}};
}

// Thomson's problem.

/// The best packing found of so many points on the sphere, beside the literature's energy, or beyond 100
/// points what Digon found before.
struct ThomsonCase {
  ThomsonEnergy known;
  Packing best;
  std::size_t starts = 0;
  std::size_t hits = 0;

  [[nodiscard]] double excess() const { return best.energy / known.energy - 1.0; }
};
using ThomsonCases = std::vector<ThomsonCase>;

ThomsonCases find_thomson(const ExperimentContext& context) {
  std::vector<ThomsonEnergy> known = thomson_energies(ThomsonSource::literature);
  if (context.preset == Preset::quick) {
    // All small ones, and every eighth of the others.
    std::erase_if(known, [](const ThomsonEnergy& one) { return one.points > 24 && one.points % 8 != 0; });
  }
  for (const ThomsonEnergy& beyond : thomson_energies(ThomsonSource::digon)) {
    const bool chosen = context.preset == Preset::quick ? beyond.points == 112 : beyond.points <= 132;
    if (chosen) known.push_back(beyond);
  }
  Progress progress("packing: Thomson's problem", known.size());
  ThomsonCases cases;
  for (const ThomsonEnergy& one : known) {
    const PackingResult found =
        search_packing({}, one.points, 3, search_of(context, context.choose<std::size_t>(32, 200)));
    throw_if_interrupted();
    cases.push_back({one, polish_packing({}, found.best), found.starts, found.hits});
    progress.advance(1);
  }
  return cases;
}

// Tables of codes, lines and energies.

/// A table's entries beside what was found.
struct FoundTable {
  std::vector<Check> checks;
  Table table;
};

/// Of the tables of codes and lines, what is asked to be found, and in the quick preset the hard ones of it:
/// what a search that starts from Coulomb minima misses.
bool is_asked(CodeKind kind, const KnownCode& code) {
  if (kind == CodeKind::lines) return code.points <= 16;
  return code.points <= (code.dim == 3 ? 30 : code.dim == 4 ? 18 : 15);
}
bool is_hard(CodeKind kind, const KnownCode& code) {
  using Rows = std::vector<std::pair<Eigen::Index, Eigen::Index>>;
  static const Rows points{{13, 3}, {14, 3}, {17, 3}, {19, 3}, {22, 3},
                           {11, 4}, {15, 4}, {16, 4}, {18, 4}, {13, 5}};
  static const Rows lines{{8, 4}, {14, 3}, {14, 4}, {16, 4}};
  const Rows& rows = kind == CodeKind::lines ? lines : points;
  return std::find(rows.begin(), rows.end(), std::pair(code.points, code.dim)) != rows.end();
}

/// The tables of codes and lines; of the paper preset the table has larger ones too, reached or not.
FoundTable find_code_tables(const ExperimentContext& context) {
  constexpr Eigen::Index most_freedom = 112;
  FoundTable found_table{
      {}, {{"kind", "points", "dimension", "coherence", "known", "proved", "excess", "starts", "hits"}, {}}};
  for (const CodeKind kind : {CodeKind::points, CodeKind::lines}) {
    std::vector<KnownCode> codes = known_codes(kind);
    std::erase_if(codes, [&](const KnownCode& code) {
      return context.preset == Preset::quick ? !is_hard(kind, code)
                                             : code.points * (code.dim - 1) > most_freedom;
    });
    const std::string name = kind == CodeKind::lines ? "lines" : "code";
    Progress progress("packing: table of " + name + "s", codes.size());
    for (const auto& [points, dim, known] : codes) {
      PackingSearch search = search_of(context, context.choose<std::size_t>(8, 32));
      search.hops = usual_code_hops(points, dim);
      const SphericalCodeResult found = search_spherical_code(kind, points, dim, search);
      throw_if_interrupted();
      const double excess = found.best.coherence - known.value;
      found_table.table.add_row({name, text_of(std::size_t(points)), text_of(std::size_t(dim)),
                                 text_of(found.best.coherence), text_of(known.value),
                                 known.proved ? "yes" : "no", text_of(excess), text_of(found.starts),
                                 text_of(found.hits)});
      progress.advance(1);
      if (!is_asked(kind, {points, dim, known})) continue;
      found_table.checks.push_back(
          check_of(fmt::format("packing/table/{}/{}-{}", name, dim, points),
                   known.proved ? "the least coherence, proved" : "the least coherence known",
                   fmt::format("{:.12f}", known.value),
                   fmt::format("{:.12f} ({} of {} starts{})", found.best.coherence, found.hits, found.starts,
                               excess < -code_tolerance ? ", below the table" : ""),
                   fmt::format("{:.0e}", code_tolerance), found.best.coherence,
                   random_coherence(context, kind, points, dim),
                   [least = known.value](double value) { return value <= least + code_tolerance; }));
    }
  }
  return found_table;
}

/// The tables of log and Riesz energies.
std::vector<Check> check_energy_tables(const ExperimentContext& context) {
  std::vector<KnownEnergy> all = known_energies();
  if (context.preset == Preset::quick) {
    std::erase_if(all, [](const KnownEnergy& one) { return one.points % 8 != 0; });
  }
  Progress progress("packing: log and Riesz energies", all.size());
  std::vector<Check> checks;
  for (const KnownEnergy& one : all) {
    const PackingResult found = search_packing(one.energy, one.points, one.dim, search_of(context, 32));
    throw_if_interrupted();
    const double excess = (found.best.energy - one.lowest.value) / std::abs(one.lowest.value);
    const std::string name =
        one.energy.kind == PairEnergy::log ? "log" : fmt::format("riesz-{}", one.energy.exponent);
    checks.push_back(check_of(fmt::format("packing/table/{}/{}-{}", name, one.dim, one.points),
                              "the lowest energy known", fmt::format("{:.12g}", one.lowest.value),
                              fmt::format("{:.12g} ({:+.1e}, {} of {} starts)", found.best.energy, excess,
                                          found.hits, found.starts),
                              fmt::format("{:.0e} relative", thomson_tolerance), found.best.energy,
                              random_energy(context, one.energy, one.points, one.dim), [&](double energy) {
                                return energy <=
                                       one.lowest.value + thomson_tolerance * std::abs(one.lowest.value);
                              }));
    progress.advance(1);
  }
  return checks;
}

struct FoundPackings {
  ThomsonCases thomson;
  FoundTable codes;
};

std::any find_packings(const Results& results) {
  return FoundPackings{find_thomson(results.context), find_code_tables(results.context)};
}

void check_thomson(const Results& results, std::vector<Check>& checks) {
  for (const ThomsonCase& one : results.found_as<FoundPackings>().thomson) {
    const double excess = one.excess();
    checks.push_back(
        check_of(fmt::format("packing/thomson/{}", one.known.points),
                 "the lowest Coulomb energy is the table's", fmt::format("{:.9f}", one.known.energy),
                 fmt::format("{:.9f} ({:+.1e}{})", one.best.energy, excess,
                             excess < -thomson_tolerance ? ", below the table" : ""),
                 fmt::format("{:.0e} relative", thomson_tolerance), one.best.energy,
                 random_energy(results.context, {}, one.known.points, 3),
                 [&](double energy) { return energy <= (1.0 + thomson_tolerance) * one.known.energy; }));
  }
}

Table thomson_table(const Results& results) {
  Table table{{"points", "energy", "known", "relative_excess", "starts", "hits", "gradient_norm"}, {}};
  for (const ThomsonCase& one : results.found_as<FoundPackings>().thomson) {
    table.add_row({text_of(std::size_t(one.known.points)), text_of(one.best.energy),
                   text_of(one.known.energy), text_of(one.excess()), text_of(one.starts), text_of(one.hits),
                   text_of(one.best.gradient_norm)});
  }
  return table;
}

void draw_thomson(const std::filesystem::path& path, const Results& results) {
  std::vector<PackingSurveyRow> survey;
  for (const ThomsonCase& one : results.found_as<FoundPackings>().thomson) {
    survey.push_back({double(one.known.points), one.excess(), double(one.hits) / double(one.starts)});
  }
  draw_packing_survey(path, survey);
}

void check_codes(const ExperimentContext& context, std::vector<Check>& checks) {
  Progress progress("packing: codes and lines", code_cases().size() + frame_cases.size());
  for (const auto& [dim, points, name, starts] : code_cases()) {
    const SphericalCodeResult found =
        search_spherical_code(CodeKind::points, points, dim, search_of(context, starts));
    throw_if_interrupted();
    const std::string id = fmt::format("packing/code/{}-{}", dim, points);
    const auto name_of = [](const Eigen::MatrixXd& W) {
      return describe_geometry(W, packing_tolerance).name;
    };
    const std::string geometry = name_of(found.best.W);
    const std::string random = name_of(random_points(points, dim, context.seed));
    checks.push_back({id + "/geometry",
                      fmt::format("the best {} points in {} dimensions", points, dim),
                      name,
                      geometry,
                      "name",
                      geometry == name,
                      {"random points", random, random == name},
                      {geometry, random, std::string(name)}});
    // The 24-cell is not in the table of universally optimal codes; its kissing configuration has cosine 1/2.
    const std::optional<KnownOptimum> known = known_coherence(CodeKind::points, points, dim);
    const double expected = known ? known->value : 0.5;
    checks.push_back(check_of(id + "/coherence", "their largest inner product",
                              fmt::format("{:.12f}", expected), fmt::format("{:.12f}", found.best.coherence),
                              fmt::format("{:.0e}", code_tolerance), found.best.coherence,
                              random_coherence(context, CodeKind::points, points, dim),
                              [&](double value) { return std::abs(value - expected) <= code_tolerance; }));
    progress.advance(1);
  }
  for (const auto& [dim, lines] : frame_cases) {
    const SphericalCodeResult found =
        search_spherical_code(CodeKind::lines, lines, dim, search_of(context, 64));
    throw_if_interrupted();
    const double welch = coherence_bounds(CodeKind::lines, lines, dim)[0].value;
    checks.push_back(check_of(fmt::format("packing/lines/{}-{}", dim, lines),
                              "equiangular lines meet Welch's bound", fmt::format("{:.12f}", welch),
                              fmt::format("{:.12f}", found.best.coherence),
                              fmt::format("{:.0e}", code_tolerance), found.best.coherence,
                              random_coherence(context, CodeKind::lines, lines, dim),
                              [&](double value) { return std::abs(value - welch) <= code_tolerance; }));
    progress.advance(1);
  }
}

void check_closed_forms(const ExperimentContext& context, std::vector<Check>& checks) {
  for (const PairEnergy kind : {PairEnergy::relu2, PairEnergy::frame}) {
    const PackingEnergy energy{kind, 0.0};
    for (const auto& [dim, points] :
         {std::pair<Eigen::Index, Eigen::Index>{3, 6}, {5, 10}, {5, 7}, {8, 16}}) {
      const double expected = known_energy(energy, points, dim)->value;
      const double found = search_packing(energy, points, dim, search_of(context, 8)).best.energy;
      checks.push_back(check_of(
          fmt::format("packing/{}/{}-{}", kind == PairEnergy::relu2 ? "relu2" : "frame", dim, points),
          kind == PairEnergy::relu2 ? "2m features fit without interference: no pair is acute"
                                    : "the least frame potential is that of a tight frame",
          fmt::format("{:.9g}", expected), fmt::format("{:.9g}", found),
          fmt::format("{:.0e}", code_tolerance), found, random_energy(context, energy, points, dim),
          [&](double value) { return std::abs(value - expected) <= code_tolerance; }));
    }
  }
}

std::vector<Check> check_packings(const Results& results) {
  std::vector<Check> checks;
  check_thomson(results, checks);
  check_codes(results.context, checks);
  const std::vector<Check>& tables = results.found_as<FoundPackings>().codes.checks;
  checks.insert(checks.end(), tables.begin(), tables.end());
  const std::vector<Check> energies = check_energy_tables(results.context);
  checks.insert(checks.end(), energies.begin(), energies.end());
  check_closed_forms(results.context, checks);
  return checks;
}

}  // namespace

Experiment packing() {
  return {
      .suite = Suite::packing,
      .id = "packing",
      .summary = "Packings found from random starts beside the known optima.",
      .find = find_packings,
      .tables = {{"thomson", thomson_table},
                 {"codes",
                  [](const Results& results) { return results.found_as<FoundPackings>().codes.table; }}},
      .figures = {{"thomson",
                   "Thomson's problem: how far the best packing found of each number of points is from the "
                   "literature's, and how many starts find it.",
                   draw_thomson}},
      .checks = check_packings};
}

}  // namespace digon::experiments
