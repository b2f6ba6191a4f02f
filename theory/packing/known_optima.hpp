#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "theory/packing/packing_energy.hpp"
#include "theory/packing/spherical_code.hpp"

namespace digon {

/// A lowest value the literature has, and where it stands.
struct KnownOptimum {
  double value = 0.0;
  std::string source;
};

/// The lowest energy known of n points in R^m: Thomson's problem from paper_refs/thomson.csv and
/// thomson_digon.csv, the frame potential and relu2 at n ≤ 2m in closed form.
std::optional<KnownOptimum> known_energy(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim);

/// The lowest coherence known: polygons, simplices and cross-polytopes, paper_refs/spherical_codes.csv, and
/// for lines paper_refs/equiangular_tight_frames.csv.
std::optional<KnownOptimum> known_coherence(CodeKind kind, Eigen::Index points, Eigen::Index dim);

/// The lowest energies of Thomson's problem: the literature's for 2 to 100 points, Digon's own for 101 to
/// 200.
enum class ThomsonSource { literature, digon };
struct ThomsonEnergy {
  Eigen::Index points = 0;
  double energy = 0.0;
};
std::vector<ThomsonEnergy> thomson_energies(ThomsonSource source);

}  // namespace digon
