#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <optional>

#include "core/model/toy_model.hpp"

namespace digon {

/// The loss by number of active features, L = Σ_k (1−S)^k S^(n−k) L_k (elhage2022 §2; the same S for every
/// feature). L_k is the sum over the C(n, k) activity patterns; its mean L̄_k = L_k / C(n, k) stays finite for
/// any n and gives L = Σ_k Binomial(k; n, 1−S) L̄_k. Neither depends on S.
struct Decomposition {
  Eigen::Index features = 0;       ///< n
  Eigen::VectorXd reconstruction;  ///< [K+1] the part of L̄_k at outputs whose feature is active
  Eigen::VectorXd interference;    ///< [K+1] the part of L̄_k at outputs whose feature is 0
  Eigen::VectorXd error;           ///< [K+1] estimate of the numerical error of L̄_k
  double relative_error = 0.0;     ///< the worst, in the terms of the tolerance
  std::size_t nodes = 0;           ///< quadrature nodes, over all outputs

  [[nodiscard]] Eigen::VectorXd L_mean() const { return reconstruction + interference; }  ///< [K+1] L̄_k
  [[nodiscard]] Eigen::VectorXd L() const;  ///< [K+1] L_k; infinite where C(n, k) overflows
};

struct DecompositionOptions {
  double relative_tolerance = 1e-10;  ///< of each L̄_k, or of L̄_1 if that is larger
  std::size_t max_nodes = 1U << 18;   ///< of each output's contour integral
  std::size_t threads = 1;            ///< 0: one a core; the result does not depend on it
  Eigen::Index up_to = -1;            ///< K, the most active features; negative: all n
  bool refuse = true;  ///< throw where the tolerance is out of reach, else say how far it was met
  std::function<void()> advance = [] {};  ///< called as each of the n outputs is done, from many threads
};

/// L̄_k for k = 0 … K, of either kind of model; `importance` is I [n], `values` what an active feature is.
/// Of a constant each output may hear up to 40 others (constant_sum.hpp). Cost O(n k) a node for each output,
/// k falling from K. Each L̄_k is right to the relative tolerance, for n ≤ 400. Throws InputError on bad
/// input, ToleranceError where the tolerance is out of reach.
Decomposition decompose(const ToyModel& model, const Eigen::VectorXd& importance,
                        const DecompositionOptions& options = {}, const ActiveValue& values = {});

/// Binomial(k; n, density), k = 0 … n: the weight of L̄_k; for n ≤ 400 to a relative 1e-11 above 1e-280.
Eigen::VectorXd binomial_weights(Eigen::Index n, double density);

/// The probability of each number of active features [n+1]: what the L̄_k of features of one density, or of K
/// active, weigh in their loss. None where the L̄_k do not make it up.
std::optional<Eigen::VectorXd> count_weights(const FeatureDistribution& features);

/// Whether the numbers of active features are told apart: of independent features or K active, of a constant
/// value only where patterns can be listed.
bool has_decomposition(ModelKind kind, const FeatureDistribution& features);

/// The most active features worth decomposing: all of up to 60, of more those that make up all but 1e-12 of
/// the weight.
Eigen::Index usual_most_active(const FeatureDistribution& features);

}  // namespace digon
