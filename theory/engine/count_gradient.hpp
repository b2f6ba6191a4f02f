#pragma once

#include <cstddef>

#include "theory/engine/contour.hpp"
#include "theory/engine/unit_gradient.hpp"

namespace digon {

/// One output's expected error and its derivatives where exactly K of all n features are active, chosen
/// evenly:
///   F = w₀ E_K[inactive] + w₁ E_{K−1}[active],
/// K of the n − 1 others where the own feature is not, K − 1 where it is; L̄_K has w₀ = 1 − K/n, w₁ = K/n. The
/// unit's densities do not enter.
///
/// b = −0.2, a = 1, one other with g = 0.5, K = 1, w = (½, ½): E_1[inactive] = 0.018, E_0[active] =
/// 0.0346667, F = 0.0263333.
///
/// As expected_error_by_count has it: up to two active others between the knots of the piecewise polynomials,
/// more on the contour of contour.cpp, whose recurrence for ē_k runs backwards for the derivatives; of a
/// constant all patterns, met in the middle. F is within `uncertainty` of the truth, and that within the
/// tolerance unless max_nodes were spent.
UnitGradient count_unit_gradient(const OutputUnit& unit, const ErrorWeights& weights, std::size_t K,
                                 const ContourOptions& options);

/// The same without a ReLU, in closed form.
UnitGradient linear_count_gradient(const OutputUnit& unit, const ErrorWeights& weights, std::size_t K);

/// What is gathered for it: by the number j of active others, with the weight each counts with.
struct CountSums {
  std::vector<double> of_inactive;   ///< the weight of E_j[inactive] in F
  std::vector<double> of_active;     ///< of E_j[active]
  std::vector<OutputError> value;    ///< E_j
  std::vector<OutputError> by_bias;  ///< ∂E_j/∂b
  double by_own = 0.0;               ///< ∂F/∂a
  Eigen::VectorXd by_others;         ///< ∂F/∂g_i
  double uncertainty = 0.0;          ///< of F
  std::size_t nodes = 0;

  CountSums(std::vector<double> inactive, std::vector<double> active)
      : of_inactive(std::move(inactive)),
        of_active(std::move(active)),
        value(of_inactive.size()),
        by_bias(of_inactive.size()),
        by_others(Eigen::VectorXd::Zero(Eigen::Index(of_inactive.size()) - 1)) {}

  [[nodiscard]] std::size_t others() const { return of_inactive.size() - 1; }
  [[nodiscard]] bool counts(std::size_t j) const { return of_inactive[j] != 0.0 || of_active[j] != 0.0; }
};

}  // namespace digon
