#pragma once

#include <Eigen/Core>

#include "core/toy_model.hpp"
#include "empirical/feature_sampler.hpp"

namespace digon {

/// A model's parameters as training holds them: one array, W (column-major [m×n]) then b [n].
template <typename Scalar>
struct Parameters {
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

  Parameters(Eigen::Index hidden, Eigen::Index features)
      : m(hidden), n(features), values(Vector::Zero(m * n + n)) {}

  Eigen::Map<Matrix> W() { return {values.data(), m, n}; }
  Eigen::Map<Vector> b() { return {values.data() + m * n, n}; }
  [[nodiscard]] Eigen::Map<const Matrix> W() const { return {values.data(), m, n}; }
  [[nodiscard]] Eigen::Map<const Vector> b() const { return {values.data() + m * n, n}; }

  Eigen::Index m;
  Eigen::Index n;
  Vector values;
};

/// The loss of tiles of samples and its gradient, ℓ = Σ_samples Σ_j I_j (x'_j − x_j)².
///
/// With δ_j = ∂ℓ/∂z_j = 2 I_j (x'_j − x_j) [1{z_j > 0} for ReLU], h = Wx and z = Wᵀh + b, the tied weights
/// get a term from each use:  ∂ℓ/∂W = h δᵀ + (Wδ) xᵀ,   ∂ℓ/∂b = δ. With a ReLU in the hidden layer h =
/// max(Wx, 0), and Wδ counts where h > 0.
template <typename Scalar>
class BatchGradient {
 public:
  BatchGradient(ModelKind kind, const Eigen::VectorXd& importance, Eigen::Index hidden);

  /// Forgets the tiles added so far.
  void reset();

  /// Adds one tile x [tile_samples × n]. `weights` are those of the gradient wanted.
  void add_tile(const Parameters<Scalar>& weights, const Tile<Scalar>& x);

  /// Adds one tile to the loss alone and returns each sample's loss.
  const Eigen::Array<Scalar, tile_samples, 1>& add_tile_loss(const Parameters<Scalar>& weights,
                                                             const Tile<Scalar>& x);

  [[nodiscard]] Scalar loss() const { return loss_; }
  [[nodiscard]] const Parameters<Scalar>& gradient() const { return gradient_; }

 private:
  void forward(const Parameters<Scalar>& weights, const Tile<Scalar>& x);
  void backward(const Parameters<Scalar>& weights, const Tile<Scalar>& x);

  ModelKind kind_;
  Eigen::Array<Scalar, Eigen::Dynamic, 1> importance_;
  Tile<Scalar> h_;      // hidden activations [tile × m]
  Tile<Scalar> delta_;  // ∂ℓ/∂z [tile × n]
  Tile<Scalar> back_;   // Wδ [tile × m]
  Eigen::Array<Scalar, tile_samples, 1> sample_loss_;
  Parameters<Scalar> gradient_;
  Scalar loss_ = 0;
};

extern template class BatchGradient<float>;
extern template class BatchGradient<double>;

}  // namespace digon
