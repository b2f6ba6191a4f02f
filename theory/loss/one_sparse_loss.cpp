#include "theory/loss/one_sparse_loss.hpp"

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "theory/engine/contour.hpp"
#include "theory/engine/output_unit.hpp"
#include "theory/law/law.hpp"

namespace digon {
double zero_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  const Eigen::ArrayXd output =
      model.kind == ModelKind::linear ? model.b.array() : model.b.array().max(0.0).eval();
  return (importance.array() * output.square()).sum();
}

Eigen::MatrixXd pairwise_interference(const ToyModel& model, const Eigen::VectorXd& importance, Law law) {
  require_linear_hidden_layer(model);
  const Eigen::Index n = model.features();
  const Eigen::MatrixXd G = gram(model.W);
  const auto square = model.kind == ModelKind::linear ? &mean_square_of_line : &mean_square_of_relu;
  return Eigen::MatrixXd::NullaryExpr(n, n, [&](Eigen::Index j, Eigen::Index i) {
    return j == i ? 0.0 : importance[j] * square(law, model.b[j], G(j, i));
  });
}

OneSparseLoss one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance, Law law) {
  const Eigen::Index n = model.features();
  OneSparseLoss loss{Eigen::VectorXd(n), pairwise_interference(model, importance, law).colwise().sum()};
  for (Eigen::Index i = 0; i < n; ++i) {
    const double square = model.W.col(i).squaredNorm();
    loss.feature_benefit[i] =
        importance[i] * (model.kind == ModelKind::linear ? mean_square_of_line(law, -model.b[i], 1.0 - square)
                                                         : active_error(law, model.b[i], square));
  }
  return loss;
}

LossGradient one_sparse_loss_gradient(const ToyModel& model, const Eigen::VectorXd& importance, Law law) {
  if (model.kind != ModelKind::relu_output)
    reject("kind: the gradient of L_1 is that of the ReLU output model");
  const Eigen::Index n = model.features();
  const Eigen::MatrixXd G = gram(model.W);
  Eigen::MatrixXd by_G(n, n);
  LossGradient result;
  result.by_b.resize(n);
  SquaresOfRelu interference;
  for (Eigen::Index j = 0; j < n; ++j) {
    const ActiveErrorSlope own = active_error_slope(law, model.b[j], G(j, j));
    sum_squares_of_relu(law, model.b[j], G.col(j).array(), j, importance[j], interference);
    result.loss += importance[j] * (own.value + interference.value);
    result.by_b[j] = importance[j] * (own.by_t + interference.by_t);
    by_G.col(j) = interference.by_g;
    by_G(j, j) = importance[j] * own.by_a;
  }
  result.error = rounding * result.loss;
  result.by_W = product(model.W, by_G + by_G.transpose());
  return result;
}

}  // namespace digon
