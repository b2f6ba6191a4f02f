#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "core/model/toy_model.hpp"

namespace digon {

/// The loss by number of active features, L = Σ_k (1−S)^k S^(n−k) L_k (elhage2022 §2; the same S for every
/// feature). L_k is the sum over the C(n, k) activity patterns; its mean L̄_k = L_k / C(n, k) stays finite for
/// any n and gives L = Σ_k Binomial(k; n, 1−S) L̄_k. Neither depends on S.
struct Decomposition {
  Eigen::VectorXd reconstruction;  ///< [n+1] the part of L̄_k at outputs whose feature is active
  Eigen::VectorXd interference;    ///< [n+1] the part of L̄_k at outputs whose feature is 0
  Eigen::VectorXd error;           ///< [n+1] estimate of the numerical error of L̄_k
  std::size_t nodes = 0;           ///< quadrature nodes, over all outputs

  [[nodiscard]] Eigen::VectorXd L_mean() const { return reconstruction + interference; }  ///< [n+1] L̄_k
  [[nodiscard]] Eigen::VectorXd L() const;  ///< [n+1] L_k; infinite where C(n, k) overflows
};

struct DecompositionOptions {
  double relative_tolerance = 1e-10;  ///< of each L̄_k, or of L̄_1 if that is larger
  std::size_t max_nodes = 1U << 18;   ///< of each output's contour integral
  std::size_t threads = 1;            ///< 0: one a core; the result does not depend on it
};

/// L̄_k for k = 0 … n, of either kind of model; `importance` is I [n], `values` what an active feature is.
/// Of a constant each output may hear up to 40 others (constant_sum.hpp). Cost O(n k) a node for each output,
/// k falling from n. Each L̄_k is right to the relative tolerance, for n ≤ 400. Throws InputError on bad
/// input, ToleranceError where the tolerance is out of reach.
Decomposition decompose(const ToyModel& model, const Eigen::VectorXd& importance,
                        const DecompositionOptions& options = {}, const ActiveValue& values = {});

/// Binomial(k; n, density), k = 0 … n: the weight of L̄_k; for n ≤ 400 to a relative 1e-11 above 1e-280.
Eigen::VectorXd binomial_weights(Eigen::Index n, double density);

}  // namespace digon
