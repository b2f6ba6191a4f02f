#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "geometry/named_geometry.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing_bounds.hpp"

namespace digon {

/// All that is said of the answer to a search for points, whatever was minimised.
struct PackingAnswer {
  /// An answer meets a bound, or a known value, within this share.
  static constexpr double same_value = 1e-9;

  std::string quantity;  ///< "Coulomb energy", "coherence"
  Eigen::MatrixXd W;     ///< [m×n]
  double value = 0.0;
  std::size_t starts = 0;
  std::size_t hits = 0;
  std::optional<double> gradient_norm;
  std::optional<double> least_eigenvalue;
  std::vector<PackingBound> bounds;
  std::optional<KnownOptimum> known;
  Geometry geometry;

  /// How far above a reference the value is: relative, or absolute where the reference is near 0.
  [[nodiscard]] double above(double reference) const;
  /// Whether a lower value is known.
  [[nodiscard]] bool above_known() const { return known && above(known->value) > same_value; }
  /// What one start alone came to may not be the lowest, and what many came to is not where a lower value is
  /// known: starts know nothing of each other, but one basin may take them all.
  [[nodiscard]] bool confirmed() const { return hits > 1 && !above_known(); }
  /// The bound that proves the answer optimal, or null.
  [[nodiscard]] const PackingBound* proof() const;
};

/// What is known of the best packing of a search, polished. Throws std::runtime_error where no start was
/// finished.
PackingAnswer packing_answer(const PackingEnergy& energy, const PackingResult& found,
                             const PackingSearch& search);

/// The same of the best code. Throws alike.
PackingAnswer packing_answer(CodeKind kind, const SphericalCodeResult& found);

}  // namespace digon
