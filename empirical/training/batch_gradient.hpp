#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "core/base/simd.hpp"
#include "core/model/toy_model.hpp"
#include "empirical/sampling/feature_sampler.hpp"
#include "empirical/training/parameters.hpp"

namespace digon {

/// The loss of a batch and its gradient, ℓ = Σ_samples Σ_j I_j (x'_j − t_j)², where the target t is x, or |x|
/// of the absolute value model.
///
/// With D = W_outᵀ [m×n] (W itself in a tied model), h = Wx or ReLU(Wx), z = Dᵀh + b and δ_j = ∂ℓ/∂z_j =
/// 2 I_j (x'_j − t_j) [1{z_j > 0} for ReLU]:
///   ∂ℓ/∂D = h δᵀ,   ∂ℓ/∂W = (Dδ [1{h > 0} for ReLU]) xᵀ,   ∂ℓ/∂b = δ,
/// and the W of a tied model gets both terms. With a penalty λ ‖h‖₁ on the hidden layer, λ sign(h) is added
/// to Dδ. A sample without active features has h = 0 and x = 0: only b.
template <typename Scalar>
class BatchGradient {
 public:
  /// `hidden_l1` is λ.
  BatchGradient(ModelKind kind, const Eigen::VectorXd& importance, Eigen::Index hidden,
                double hidden_l1 = 0.0);

  /// Forgets the samples added so far. `weights` are those of the gradient wanted, and stay until finish().
  void begin(const Parameters<Scalar>& weights);

  /// Adds one tile x [tile_samples × n].
  void add_tile(const Tile<Scalar>& x);

  /// Adds samples by their active features, in the cheaper of two ways: gathered into tiles, or by the Gram
  /// matrix (models with a linear hidden layer).
  void add_samples(const ActiveSamples& samples);

  /// Each sample's loss in a tile, which is not added.
  const Eigen::Array<Scalar, tile_samples, 1>& tile_loss(const Tile<Scalar>& x);

  /// Sums up: loss() and gradient() are then those of all samples added.
  void finish();

  [[nodiscard]] double loss() const { return loss_; }
  [[nodiscard]] const Parameters<Scalar>& gradient() const { return gradient_; }

 private:
  static constexpr Eigen::Index lanes = simd_bytes / sizeof(Scalar);
  /// One number a lane: the sums over the samples of that lane, column k for parameter k.
  using LaneSums = Eigen::Array<Scalar, lanes, Eigen::Dynamic>;

  void forward(const Tile<Scalar>& x);
  void backward(const Tile<Scalar>& x);
  void add_gathered(const ActiveSamples& samples);
  void add_by_gram(const ActiveSamples& samples);
  void add_zero_samples(double count);
  [[nodiscard]] bool gram_is_cheaper(const ActiveSamples& samples) const;

  ModelKind kind_;
  Scalar hidden_l1_;
  Eigen::Array<Scalar, Eigen::Dynamic, 1> importance_;
  const Parameters<Scalar>* weights_ = nullptr;
  Tile<Scalar> h_;         // hidden activations [tile × m]
  Tile<Scalar> delta_;     // ∂ℓ/∂z [tile × n]
  Tile<Scalar> back_;      // ∂ℓ/∂h [tile × m]
  Tile<Scalar> gathered_;  // [tile × n], zero between calls
  Eigen::Array<Scalar, tile_samples, 1> sample_loss_;
  /// Whether the sums over samples have the hidden dimensions in their lanes: [stride × n], of an untied
  /// model twice, from h and ∂ℓ/∂h transposed. Else LaneSums [lanes × mn], alike.
  bool by_hidden_;
  Eigen::Index stride_;  // m, padded
  Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic> sums_;
  Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic> h_rows_;     // [stride × tile]
  Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic> back_rows_;  // [stride × tile]
  LaneSums bias_sums_;                                              // [lanes × n]
  bool tiles_added_ = false;
  double loss_ = 0.0;
  double zero_samples_ = 0.0;
  Parameters<Scalar> gradient_;

  // With G = WᵀW, z = b + Σ_active G_i x_i, and with C = Σ_samples δ xᵀ the tied gradient is W(C + Cᵀ): the
  // hidden layer is summed away, and a sample costs n for each of its active features. Columns are padded to
  // whole vectors.
  bool gram_ready_ = false;
  Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic> gram_;   // G [padded n × n]
  Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic> cross_;  // C [padded n × n]
  Eigen::Array<Scalar, Eigen::Dynamic, 1> padded_bias_, padded_importance_, sample_delta_, delta_sum_,
      target_;
};

extern template class BatchGradient<float>;
extern template class BatchGradient<double>;

}  // namespace digon
