#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>

namespace digon {

/// What a pair of unit vectors at inner product c = w_i·w_j, at distance r = √(2 − 2c), costs.
enum class PairEnergy {
  coulomb,  ///< 1/r: Thomson's problem
  log,      ///< −ln r
  riesz,    ///< r^−s
  relu2,    ///< max(c, 0)²: L_1's interference at ‖W_i‖ = 1, b = 0
  frame,    ///< c²
};

/// A pair energy, with Riesz' exponent s where it has one.
struct PackingEnergy {
  PairEnergy kind = PairEnergy::coulomb;
  double exponent = 1.0;

  /// Whether it grows without bound as two points meet.
  [[nodiscard]] bool is_singular() const { return kind != PairEnergy::relu2 && kind != PairEnergy::frame; }
};

/// "coulomb", "log", "riesz:S", "relu2" or "frame".
std::string name_of(const PackingEnergy& energy);

/// The energy of that name; throws InputError that lists the names, and with them `besides`, the names that
/// the caller takes besides: ", coherence".
PackingEnergy parse_packing_energy(std::string_view option, std::string_view name,
                                   std::string_view besides = {});

/// Throws InputError, naming `source`, where two columns of W [m×n] coincide and that costs infinite energy.
void require_finite_energy(const PackingEnergy& energy, const Eigen::MatrixXd& W, const std::string& source);

/// Value and derivatives by c.
struct PairDerivatives {
  double value = 0.0;
  double first = 0.0;
  double second = 0.0;
};
/// For −1 ≤ c ≤ 1, below 1 where the energy is singular; each to 4e-15 of itself, −ln r to 4e-15 of
/// max(1, |ln r|).
PairDerivatives pair_energy(const PackingEnergy& energy, double c);

/// Σ_{i<j} f(w_i·w_j) of n unit vectors in R^m, the columns of W [m×n], and where asked its derivative by W
/// [m×n], Σ_j f'(w_i·w_j) w_j, not projected onto the spheres. Not finite where two points coincide under a
/// singular energy. To 1e-14 of Σ|f|, for inner products that are exact to rounding.
double packing_energy(const PackingEnergy& energy, const Eigen::MatrixXd& W, Eigen::MatrixXd* by_W = nullptr);

/// What point i is part of: Σ_j f(w_i·w_j) [n], to 1e-14 of Σ|f|.
Eigen::VectorXd energy_of_points(const PackingEnergy& energy, const Eigen::MatrixXd& W);

}  // namespace digon
