#include "empirical/batch_gradient.hpp"

namespace digon {

template <typename Scalar>
using Column = Eigen::Array<Scalar, tile_samples, 1>;

template <typename Scalar>
BatchGradient<Scalar>::BatchGradient(ModelKind kind, const Eigen::VectorXd& importance, Eigen::Index hidden)
    : kind_(kind),
      importance_(importance.cast<Scalar>()),
      h_(tile_samples, hidden),
      delta_(tile_samples, importance.size()),
      back_(tile_samples, hidden),
      gradient_(hidden, importance.size()) {}

template <typename Scalar>
void BatchGradient<Scalar>::reset() {
  gradient_.values.setZero();
  loss_ = 0;
}

template <typename Scalar>
void BatchGradient<Scalar>::add_tile(const Parameters<Scalar>& weights, const Tile<Scalar>& x) {
  forward(weights, x);
  backward(weights, x);
}

template <typename Scalar>
const Eigen::Array<Scalar, tile_samples, 1>& BatchGradient<Scalar>::add_tile_loss(
    const Parameters<Scalar>& weights, const Tile<Scalar>& x) {
  forward(weights, x);
  return sample_loss_;
}

template <typename Scalar>
void BatchGradient<Scalar>::forward(const Parameters<Scalar>& weights, const Tile<Scalar>& x) {
  const auto W = weights.W();
  const auto b = weights.b();
  for (Eigen::Index a = 0; a < weights.m; ++a) {
    Column<Scalar> sum = Column<Scalar>::Zero();
    for (Eigen::Index j = 0; j < weights.n; ++j) sum += W(a, j) * x.col(j);
    h_.col(a) = kind_ == ModelKind::relu_hidden ? Column<Scalar>(sum.max(Scalar(0))) : sum;
  }
  sample_loss_.setZero();
  for (Eigen::Index j = 0; j < weights.n; ++j) {
    Column<Scalar> z = Column<Scalar>::Constant(b[j]);
    for (Eigen::Index a = 0; a < weights.m; ++a) z += W(a, j) * h_.col(a);
    const Scalar importance = importance_[j];
    const auto twice = Scalar(2) * importance;
    if (kind_ != ModelKind::linear) {
      const Column<Scalar> residual = z.max(Scalar(0)) - x.col(j);
      sample_loss_ += importance * residual.square();
      delta_.col(j) = (z > Scalar(0)).select(twice * residual, Scalar(0));
    } else {
      const Column<Scalar> residual = z - x.col(j);
      sample_loss_ += importance * residual.square();
      delta_.col(j) = twice * residual;
    }
  }
  loss_ += sample_loss_.sum();
}

template <typename Scalar>
void BatchGradient<Scalar>::backward(const Parameters<Scalar>& weights, const Tile<Scalar>& x) {
  const auto W = weights.W();
  for (Eigen::Index a = 0; a < weights.m; ++a) {
    Column<Scalar> sum = Column<Scalar>::Zero();
    for (Eigen::Index j = 0; j < weights.n; ++j) sum += W(a, j) * delta_.col(j);
    if (kind_ == ModelKind::relu_hidden) sum = (h_.col(a) > Scalar(0)).select(sum, Scalar(0));
    back_.col(a) = sum;
  }
  auto dW = gradient_.W();
  auto db = gradient_.b();
  for (Eigen::Index j = 0; j < weights.n; ++j) {
    for (Eigen::Index a = 0; a < weights.m; ++a) {
      dW(a, j) += (h_.col(a) * delta_.col(j) + back_.col(a) * x.col(j)).sum();
    }
    db[j] += delta_.col(j).sum();
  }
}

template class BatchGradient<float>;
template class BatchGradient<double>;

}  // namespace digon
