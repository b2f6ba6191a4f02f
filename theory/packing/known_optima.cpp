#include "theory/packing/known_optima.hpp"

#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include "core/files/table.hpp"

namespace digon {

namespace tables {
// Generated from paper_refs.
extern const std::string_view thomson;
extern const std::string_view thomson_more;
extern const std::string_view thomson_digon;
extern const std::string_view spherical_codes;
extern const std::string_view tammes;
extern const std::string_view lines;
extern const std::string_view log_energy;
extern const std::string_view riesz;
extern const std::string_view equiangular_tight_frames;
}  // namespace tables

namespace {

std::string_view table_of(ThomsonSource source) {
  switch (source) {
    case ThomsonSource::literature:
      return tables::thomson;
    case ThomsonSource::literature_beyond_100:
      return tables::thomson_more;
    case ThomsonSource::digon:
      return tables::thomson_digon;
  }
  return {};
}

std::string name_of(ThomsonSource source) {
  switch (source) {
    case ThomsonSource::literature:
      return "thomson.csv";
    case ThomsonSource::literature_beyond_100:
      return "thomson_more.csv";
    case ThomsonSource::digon:
      return "thomson_digon.csv (Digon's own)";
  }
  return {};
}

/// The lowest of the tables; where they agree to their decimals, the literature's.
std::optional<KnownOptimum> known_thomson(Eigen::Index points) {
  std::optional<KnownOptimum> lowest;
  for (const ThomsonSource source :
       {ThomsonSource::literature, ThomsonSource::literature_beyond_100, ThomsonSource::digon}) {
    for (const ThomsonEnergy& known : thomson_energies(source)) {
      if (known.points != points || (lowest && known.energy >= lowest->value * (1.0 - 1e-12))) continue;
      lowest = KnownOptimum{known.energy, name_of(source), points <= 6 || points == 12};
    }
  }
  return lowest;
}

std::optional<KnownOptimum> in_table(CodeKind kind, Eigen::Index points, Eigen::Index dim) {
  for (const KnownCode& known : known_codes(kind)) {
    if (known.points == points && known.dim == dim) return known.coherence;
  }
  return std::nullopt;
}

}  // namespace

std::vector<ThomsonEnergy> thomson_energies(ThomsonSource source) {
  std::vector<ThomsonEnergy> energies;
  for (const auto& row : parse_csv(table_of(source)).rows) {
    energies.push_back({std::stol(row[0]), std::stod(row[1])});
  }
  return energies;
}

std::vector<KnownCode> known_codes(CodeKind kind) {
  const bool lines = kind == CodeKind::lines;
  std::vector<KnownCode> codes;
  for (const auto& row : parse_csv(lines ? tables::lines : tables::tammes).rows) {
    codes.push_back(
        {std::stol(row[0]),
         std::stol(row[1]),
         {std::stod(row[2]), std::string(lines ? "lines.csv: " : "tammes.csv: ") + row[5], row[4] == "1"}});
  }
  return codes;
}

std::vector<KnownEnergy> known_energies() {
  std::vector<KnownEnergy> energies;
  for (const auto& row : parse_csv(tables::log_energy).rows) {
    energies.push_back({{PairEnergy::log, 0.0},
                        std::stol(row[0]),
                        3,
                        {std::stod(row[1]), "log_energy.csv: " + row[4], row[2] == "1"}});
  }
  for (const auto& row : parse_csv(tables::riesz).rows) {
    energies.push_back({{PairEnergy::riesz, std::stod(row[2])},
                        std::stol(row[0]),
                        std::stol(row[1]),
                        {std::stod(row[3]), "riesz.csv: " + row[5], false}});
  }
  return energies;
}

std::optional<KnownOptimum> known_energy(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim) {
  const auto n = double(points);
  if (energy.kind == PairEnergy::frame) {
    return KnownOptimum{std::max(0.0, 0.5 * (n * n / double(dim) - n)), "Benedetto and Fickus 2003", true};
  }
  if (energy.kind == PairEnergy::relu2 && points <= 2 * dim) return KnownOptimum{0.0, "no pair acute", true};
  if (energy.kind == PairEnergy::coulomb && dim == 3) return known_thomson(points);
  for (const KnownEnergy& known : known_energies()) {
    const bool same_energy = known.energy.kind == energy.kind &&
                             (energy.kind != PairEnergy::riesz || known.energy.exponent == energy.exponent);
    if (same_energy && known.points == points && known.dim == dim) return known.lowest;
  }
  return std::nullopt;
}

std::optional<KnownOptimum> known_coherence(CodeKind kind, Eigen::Index points, Eigen::Index dim) {
  const auto n = double(points);
  const auto m = double(dim);
  if (kind == CodeKind::lines) {
    if (points <= dim) return KnownOptimum{0.0, "orthonormal", true};
    for (const auto& row : parse_csv(tables::equiangular_tight_frames).rows) {
      if (std::stol(row[0]) == dim && std::stol(row[1]) == points) {
        return KnownOptimum{std::sqrt((n - m) / (m * (n - 1.0))), "equiangular_tight_frames.csv", true};
      }
    }
    return in_table(kind, points, dim);
  }
  if (points <= dim + 1) return KnownOptimum{-1.0 / (n - 1.0), "simplex", true};
  if (points <= 2 * dim) return KnownOptimum{0.0, "cross-polytope", true};
  if (dim == 2) return KnownOptimum{std::cos(2.0 * std::numbers::pi / n), "regular polygon", true};
  for (const auto& row : parse_csv(tables::spherical_codes).rows) {
    if (std::stol(row[0]) == dim && std::stol(row[1]) == points) {
      return KnownOptimum{std::stod(row[2]), "spherical_codes.csv", true};
    }
  }
  return in_table(kind, points, dim);
}

}  // namespace digon
