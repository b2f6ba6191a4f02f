#include "theory/packing/known_optima.hpp"

#include <cmath>
#include <numbers>
#include <sstream>
#include <string_view>
#include <utility>

namespace digon {

namespace tables {
// Generated from paper_refs.
extern const std::string_view thomson;
extern const std::string_view thomson_digon;
extern const std::string_view spherical_codes;
extern const std::string_view equiangular_tight_frames;
}  // namespace tables

namespace {

/// A CSV table's rows below its comments and header.
std::vector<std::vector<std::string>> rows_of(std::string_view csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines{std::string(csv)};
  bool header = true;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (std::exchange(header, false)) continue;
    std::vector<std::string> cells;
    std::istringstream entries(line);
    for (std::string cell; std::getline(entries, cell, ',');) cells.push_back(cell);
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace

std::vector<ThomsonEnergy> thomson_energies(ThomsonSource source) {
  const std::string_view table =
      source == ThomsonSource::literature ? tables::thomson : tables::thomson_digon;
  std::vector<ThomsonEnergy> energies;
  for (const auto& row : rows_of(table)) energies.push_back({std::stol(row[0]), std::stod(row[1])});
  return energies;
}

std::optional<KnownOptimum> known_energy(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim) {
  const auto n = double(points);
  if (energy.kind == PairEnergy::frame) {
    return KnownOptimum{std::max(0.0, 0.5 * (n * n / double(dim) - n)), "Benedetto and Fickus 2003"};
  }
  if (energy.kind == PairEnergy::relu2 && points <= 2 * dim) return KnownOptimum{0.0, "no pair acute"};
  if (energy.kind == PairEnergy::coulomb && dim == 3) {
    for (const ThomsonSource source : {ThomsonSource::literature, ThomsonSource::digon}) {
      for (const ThomsonEnergy& known : thomson_energies(source)) {
        if (known.points != points) continue;
        return KnownOptimum{known.energy, source == ThomsonSource::literature
                                              ? "thomson.csv"
                                              : "thomson_digon.csv (Digon's own)"};
      }
    }
  }
  return std::nullopt;
}

std::optional<KnownOptimum> known_coherence(CodeKind kind, Eigen::Index points, Eigen::Index dim) {
  const auto n = double(points);
  const auto m = double(dim);
  if (kind == CodeKind::lines) {
    if (points <= dim) return KnownOptimum{0.0, "orthonormal"};
    for (const auto& row : rows_of(tables::equiangular_tight_frames)) {
      if (std::stol(row[0]) == dim && std::stol(row[1]) == points) {
        return KnownOptimum{std::sqrt((n - m) / (m * (n - 1.0))), "equiangular_tight_frames.csv"};
      }
    }
    return std::nullopt;
  }
  if (points <= dim + 1) return KnownOptimum{-1.0 / (n - 1.0), "simplex"};
  if (points <= 2 * dim) return KnownOptimum{0.0, "cross-polytope"};
  if (dim == 2) return KnownOptimum{std::cos(2.0 * std::numbers::pi / n), "regular polygon"};
  for (const auto& row : rows_of(tables::spherical_codes)) {
    if (std::stol(row[0]) == dim && std::stol(row[1]) == points) {
      return KnownOptimum{std::stod(row[2]), "spherical_codes.csv"};
    }
  }
  return std::nullopt;
}

}  // namespace digon
