#include "theory/packing/packing_answer.hpp"

#include <cmath>
#include <stdexcept>

namespace digon {
namespace {

void require_some(std::size_t starts) {
  if (starts == 0) throw std::runtime_error("pack: no start was finished");
}

}  // namespace

double PackingAnswer::above(double reference) const {
  return std::abs(reference) > 1e-6 ? (value - reference) / std::abs(reference) : value - reference;
}

const PackingBound* PackingAnswer::proof() const {
  for (const PackingBound& bound : bounds) {
    if (above(bound.value) <= same_value) return &bound;
  }
  return nullptr;
}

PackingAnswer packing_answer(const PackingEnergy& energy, const PackingResult& found,
                             const PackingSearch& search) {
  require_some(found.starts);
  const Packing polished = polish_packing(energy, found.best);
  // A given start that is as low as can be stays what it is.
  const Packing& best = search.given.empty() || polished.energy <= found.best.energy ? polished : found.best;
  const Eigen::Index points = best.W.cols();
  const Eigen::Index dim = best.W.rows();
  return {(energy.kind == PairEnergy::coulomb ? "Coulomb" : name_of(energy)) + " energy",
          best.W,
          best.energy,
          found.starts,
          found.hits,
          best.gradient_norm,
          least_eigenvalue_off_rotations(energy, best.W),
          energy_bounds(energy, points, dim),
          known_energy(energy, points, dim),
          describe_geometry(best.W, packing_tolerance)};
}

PackingAnswer packing_answer(CodeKind kind, const SphericalCodeResult& found) {
  require_some(found.starts);
  const SphericalCode& best = found.best;
  const Eigen::Index points = best.W.cols();
  const Eigen::Index dim = best.W.rows();
  return {"coherence",
          best.W,
          best.coherence,
          found.starts,
          found.hits,
          std::isnan(best.residual) ? std::nullopt : std::optional(best.residual),
          best.least_eigenvalue,
          coherence_bounds(kind, points, dim),
          known_coherence(kind, points, dim),
          describe_geometry(best.W, packing_tolerance)};
}

}  // namespace digon
