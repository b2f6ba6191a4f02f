#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "theory/loss/loss_gradient.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace digon {

// The loss of models with a ReLU in the hidden layer, the ReLU hidden model and the absolute value model,
// whose active feature has the target |x|. elhage2022 §§6, 7.
//
// With z_j = Σ_a D_ja max(W_a·x, 0) + b_j, the loss is L = Σ_k P(k active) L̄_k. Without a bias in the hidden
// layer it is linear on cones from 0, so that L̄_0, L̄_1, L̄_2 (and L̄_3 where it pays) are finite sums over
// simplices (engine/hidden_relu_cones.hpp). The rest is estimated by scrambled Sobol nets, which 16
// independent scrambles give a standard error: k by k with what one feature alone causes as a control where
// features are sparse, or over everything at once where they are dense (engine/hidden_relu_samples.hpp);
// where np is around 2, by the better of the two in a trial of 8 nets of 256 points.
//
// E.g. two neurons a feature, W = (1, −1)ᵀ, W_out = (1, 1), b = 0, answer |x|: every part is 0.

/// Whether there is one for the law: independent features, or exactly K active, uniform on an interval that
/// has 0 in it, or data; n ≤ 1000.
bool has_hidden_relu_loss(const FeatureDistribution& features);

/// E t_i of each feature [n], t = x, or |x| of the absolute value model.
Eigen::VectorXd mean_targets(ModelKind kind, const FeatureDistribution& features);

/// A model's loss with one active feature, of values on [0, 1], or [−1, 1] of the absolute value model, or of
/// the features' values: to a relative 1e-14. Throws InputError for a model with a linear hidden layer, or
/// values without 0 among them.
OneSparseLoss hidden_relu_one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance);
OneSparseLoss hidden_relu_one_sparse_loss(const ToyModel& model, const FeatureDistribution& features);

struct HiddenReluLossOptions {
  double relative_tolerance = 1e-4;     ///< of the loss (of at least 1e-6 of zero_model_loss): what the
                                        ///< 95% interval may have on either side
  std::size_t most_samples = 1U << 24;  ///< where estimating ends, reached or not
  std::uint64_t seed = 0;
  std::size_t threads = 1;  ///< 0: one a core; the result does not depend on it
};

/// How losses are stated that are to be put beside each other: to 1e-5, by one seed for all, at most so many
/// samples as take a second or two.
inline HiddenReluLossOptions stated_options(std::size_t threads) {
  return {.relative_tolerance = 1e-5, .most_samples = 1U << 22, .seed = 1, .threads = threads};
}

/// How the rest of a loss was estimated.
enum class RestEstimator {
  none,    ///< there is no rest: all is exact
  strata,  ///< number of active features by number
  net,     ///< all at once; the exact parts say only what is known of the loss
};

struct HiddenReluLoss {
  double loss = 0.0;
  double error = 0.0;           ///< half of the 95% interval; rounding where all is exact
  double standard_error = 0.0;  ///< of the estimate, from 16 scrambles
  Eigen::VectorXd exact_means;  ///< [K+1] L̄_0 … L̄_K, exactly; empty of data
  Eigen::VectorXd weight;       ///< [n+1] P(k active); empty of data
  RestEstimator estimator = RestEstimator::none;
  std::size_t samples = 0;

  /// What the exact means make up of the loss.
  [[nodiscard]] double exact_part() const {
    return exact_means.size() == 0 ? loss : exact_means.dot(weight.head(exact_means.size()));
  }
};

/// The loss; where the tolerance is out of reach of most_samples, `error` is larger. Throws InputError on a
/// bad model or a law without such a loss.
HiddenReluLoss hidden_relu_loss(const ToyModel& model, const FeatureDistribution& features,
                                const HiddenReluLossOptions& options = {});

/// What descents need: the loss as one smooth function of the weights, with its gradient. L_0 … L_2 are exact
/// and the rest is a sum over samples of fixed scrambles; where features are dense, all is. A minimum is
/// then to be judged by hidden_relu_loss, whose scrambles are others.
class HiddenReluObjective {
 public:
  struct Options {
    std::size_t samples = 1U << 13;
    /// Up to so many active features exactly, at most 2. Pairs cost O(n³ m): of 100 features in 40 neurons as
    /// much as 200,000 samples.
    Eigen::Index exact = 2;
    std::uint64_t seed = 0;
  };

  /// Throws InputError as hidden_relu_loss does.
  HiddenReluObjective(ModelKind kind, const FeatureDistribution& features, const Options& options);
  HiddenReluObjective(ModelKind kind, const FeatureDistribution& features)
      : HiddenReluObjective(kind, features, Options{}) {}

  LossGradient operator()(const ToyModel& model, std::size_t threads = 1) const;

 private:
  struct Samples;
  ModelKind kind_;
  FeatureDistribution features_;
  std::shared_ptr<const Samples> samples_;
};

}  // namespace digon
