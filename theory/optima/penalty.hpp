#pragma once

#include <string>

#include "theory/optima/objective.hpp"

namespace digon {

/// What is added to a loss, so that the optimum may be asked how it moves with it.
struct Penalty {
  double weights = 0.0;       ///< λ of λ Σ_i ‖W_i‖²
  double interference = 0.0;  ///< λ of λ Σ_{i≠j} (W_i·W_j)²
  double max_coherence = 1;   ///< c: |cos(W_i, W_j)| ≤ c for i ≠ j, where neither is absent; 1: no bound

  [[nodiscard]] bool is_none() const { return weights == 0.0 && interference == 0.0 && max_coherence >= 1.0; }
  bool operator==(const Penalty&) const = default;
};

/// In words, e.g. "weights:0.01, coherence at most 0.3"; empty for none.
std::string describe(const Penalty& penalty);

/// The penalty's two sums and their derivative by W [m×n].
///
/// Example: W = (1, −1), λ = 0.1 of both: 0.1 · 2 + 0.1 · 2 = 0.4.
LossGradient penalty_of(const Penalty& penalty, const Eigen::MatrixXd& W);

/// The objective with the penalty's sums added, to its guide as well, and its bound to be kept by descents.
Objective penalized(const Objective& objective, const Penalty& penalty);

/// max_{i≠j} |cos(W_i, W_j)| over the columns of W [m×n] that are not absent (‖W_i‖ ≥ 1e-3), 0 if fewer than
/// two.
double coherence_of_present(const Eigen::MatrixXd& W);

/// The augmented Lagrangian's part of the bound g_ij = |W_i·W_j| − c ‖W_i‖‖W_j‖ ≤ 0 of each pair i < j,
///   Σ_{i<j} (max(0, λ_ij + μ g_ij)² − λ_ij²) / 2μ,
/// with multipliers λ_ij ≥ 0.
class CoherenceBound {
 public:
  CoherenceBound(double max_coherence, Eigen::Index features, double stiffness);

  /// Value and derivative by W [m×n] (by_b is empty).
  [[nodiscard]] LossGradient at(const Eigen::MatrixXd& W) const;

  /// After a descent that ended at W: λ_ij ← max(0, λ_ij + μ g_ij), and a greater μ where the violation is
  /// not yet a quarter of what it was.
  void update(const Eigen::MatrixXd& W);

  /// max g_ij of the last update, or 0 where every pair keeps the bound.
  [[nodiscard]] double violation() const { return violation_; }

 private:
  double c_;
  double stiffness_;  ///< μ
  double violation_;
  Eigen::MatrixXd multipliers_;  ///< λ [n×n], above the diagonal
};

}  // namespace digon
