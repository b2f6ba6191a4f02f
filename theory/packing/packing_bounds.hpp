#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "theory/packing/packing_energy.hpp"
#include "theory/packing/spherical_code.hpp"

namespace digon {

/// What no n unit vectors in R^m can go below.
struct PackingBound {
  std::string name;    ///< whose bound it is
  double value = 0.0;  ///< of the energy, or of the coherence
};

/// Levenshtein's quadrature for n points in R^m: nodes α_i in [−1, 1) and weights ρ_i with
///   ∫ f dμ = f(1)/n + Σ ρ_i f(α_i)   for polynomials of degree τ,
/// μ the distribution of an inner product of random points, τ the largest degree for which D(m, τ) ≤ n
/// (Delsarte, Goethals and Seidel's bound on designs). levenshtein1998; its greatest node bounds the
/// coherence of any code, and n² Σ ρ_i f(α_i) bounds Σ_{i≠j} f(w_i·w_j) for every absolutely monotone f
/// (boyvalenkov2016).
struct LevenshteinQuadrature {
  Eigen::VectorXd nodes;
  Eigen::VectorXd weights;
};
/// For n ≥ 2 and m ≥ 2, with integrals to 1e-12.
LevenshteinQuadrature levenshtein_quadrature(Eigen::Index points, Eigen::Index dim);

/// The bounds that apply to an energy: the universal bound for Coulomb, log and Riesz energies; n²/m for the
/// frame potential (benedetto2003), here (n²/m − n)/2 for Σ_{i<j}; 0 for relu2. For n ≥ 2 and m ≥ 2,
/// to 1e-12 of the bound.
std::vector<PackingBound> energy_bounds(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim);

/// The bounds on the coherence: Rankin's simplex and orthoplex bounds and Levenshtein's for points; Welch's
/// and the orthoplex bound for lines. For n ≥ 2 and m ≥ 2, to 1e-12.
std::vector<PackingBound> coherence_bounds(CodeKind kind, Eigen::Index points, Eigen::Index dim);

/// log of the most lines in R^m with |cos| ≤ ε that Levenshtein's bound in the projective space allows
/// (levenshtein1998). With P_j Gegenbauer's polynomial, P_j(1) = 1, h_j the dimension of the harmonics of
/// degree j, and K_k(t) = Σ_{i ≤ k} h_{2i} P_{2i}(t), or of odd degrees Σ h_{2i+1} P_{2i+1}(t)/t, it is of
/// one k ≥ 1
///   N = (K_k(1) + a K_{k−1}(1))/(1 + a),  a = −K_k(ε)/K_{k−1}(ε):
/// the quadrature above of t², without a node at 0 (strength τ = 2k − 1) or with one (τ = 2k), of that τ for
/// which C(m + τ − 1, τ) ≤ N ≤ C(m + τ, τ + 1). Of strength 1 it is Welch's bound. For m ≥ 2 and ε in (0, 1),
/// as long as N is below 1e300, to 1e-9.
///
/// Example: R⁸, ε = ½: log 120, met by the diameters of E8.
double most_lines_log(Eigen::Index dim, double epsilon);

}  // namespace digon
