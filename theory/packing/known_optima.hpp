#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "theory/packing/packing_energy.hpp"
#include "theory/packing/spherical_code.hpp"

namespace digon {

/// The lowest value known, where it stands, and whether it is proved that there is none lower.
struct KnownOptimum {
  double value = 0.0;
  std::string source;
  bool proved = false;
};

/// The lowest energy known of n points in R^m, from paper_refs: Thomson's problem (thomson.csv,
/// thomson_more.csv, thomson_digon.csv), log_energy.csv, riesz.csv; the frame potential and relu2 at n ≤ 2m
/// in closed form.
std::optional<KnownOptimum> known_energy(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim);

/// The lowest coherence known: polygons, simplices and cross-polytopes, paper_refs/spherical_codes.csv and
/// tammes.csv; for lines paper_refs/equiangular_tight_frames.csv and lines.csv.
std::optional<KnownOptimum> known_coherence(CodeKind kind, Eigen::Index points, Eigen::Index dim);

/// The rows of tammes.csv or lines.csv.
struct KnownCode {
  Eigen::Index points = 0;
  Eigen::Index dim = 0;
  KnownOptimum coherence;
};
std::vector<KnownCode> known_codes(CodeKind kind);

/// The rows of log_energy.csv and riesz.csv.
struct KnownEnergy {
  PackingEnergy energy;
  Eigen::Index points = 0;
  Eigen::Index dim = 0;
  KnownOptimum lowest;
};
std::vector<KnownEnergy> known_energies();

/// The lowest energies of Thomson's problem: the literature's for 2 to 100 points and for 101 to 200, and
/// Digon's own for 101 to 200.
enum class ThomsonSource { literature, literature_beyond_100, digon };
struct ThomsonEnergy {
  Eigen::Index points = 0;
  double energy = 0.0;
};
std::vector<ThomsonEnergy> thomson_energies(ThomsonSource source);

}  // namespace digon
