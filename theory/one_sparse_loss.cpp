#include "theory/one_sparse_loss.hpp"

#include "core/input_error.hpp"
#include "theory/contour.hpp"
#include "theory/output_error.hpp"

namespace digon {
namespace {

/// ∫₀¹ (t + g x)² dx
double mean_square_of_line(double t, double g) {
  return t * t + t * g + g * g / 3.0;
}

}  // namespace

double zero_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  const Eigen::ArrayXd output =
      model.kind == ModelKind::linear ? model.b.array() : model.b.array().max(0.0).eval();
  return (importance.array() * output.square()).sum();
}

Eigen::MatrixXd pairwise_interference(const ToyModel& model, const Eigen::VectorXd& importance) {
  require_linear_hidden_layer(model);
  const Eigen::Index n = model.features();
  const Eigen::MatrixXd G = model.W.transpose() * model.W;
  const auto square = model.kind == ModelKind::linear ? &mean_square_of_line : &mean_square_of_relu;
  return Eigen::MatrixXd::NullaryExpr(n, n, [&](Eigen::Index j, Eigen::Index i) {
    return j == i ? 0.0 : importance[j] * square(model.b[j], G(j, i));
  });
}

OneSparseLoss one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  const Eigen::Index n = model.features();
  OneSparseLoss loss{Eigen::VectorXd(n), pairwise_interference(model, importance).colwise().sum()};
  for (Eigen::Index i = 0; i < n; ++i) {
    const double square = model.W.col(i).squaredNorm();
    loss.feature_benefit[i] =
        importance[i] * (model.kind == ModelKind::linear ? mean_square_of_line(-model.b[i], 1.0 - square)
                                                         : output_error(model.b[i], square).active);
  }
  return loss;
}

LossGradient one_sparse_loss_gradient(const ToyModel& model, const Eigen::VectorXd& importance) {
  if (model.kind != ModelKind::relu_output)
    reject("kind: the gradient of L_1 is that of the ReLU output model");
  const Eigen::Index n = model.features();
  const Eigen::MatrixXd G = model.W.transpose() * model.W;
  constexpr ErrorWeights interference{1.0, 0.0};
  constexpr ErrorWeights benefit{0.0, 1.0};
  Eigen::MatrixXd by_G(n, n);
  LossGradient result;
  result.by_b = Eigen::VectorXd::Zero(n);
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const ErrorSlope slope = j == i ? error_slope(benefit, model.b[j], G(j, j))
                                      : error_slope(interference, model.b[j], 0.0, G(j, i));
      result.loss += importance[j] * slope.value;
      result.by_b[j] += importance[j] * slope.by_t;
      by_G(j, i) = importance[j] * (j == i ? slope.by_a : slope.by_g);
    }
  }
  result.error = rounding * result.loss;
  result.by_W = model.W * (by_G + by_G.transpose());
  return result;
}

}  // namespace digon
