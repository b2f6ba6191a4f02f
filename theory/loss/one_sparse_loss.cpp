#include "theory/loss/one_sparse_loss.hpp"

#include <algorithm>
#include <limits>

#include "core/base/input_error.hpp"
#include "theory/engine/contour.hpp"
#include "theory/engine/output_error.hpp"

namespace digon {
namespace {

/// ∫₀¹ (t + g x)² dx
double mean_square_of_line(double t, double g) {
  return t * t + t * g + g * g / 3.0;
}

/// Stands for couplings of 0, whose lines are above 0 everywhere or nowhere.
constexpr double least_coupling = std::numeric_limits<double>::min();

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
  Eigen::MatrixXd by_G(n, n);
  LossGradient result;
  result.by_b.resize(n);
  Eigen::ArrayXd end(n);     // of the line t + g x at x = 1, where it is above 0
  Eigen::ArrayXd length(n);  // of the x where it is
  for (Eigen::Index j = 0; j < n; ++j) {
    const double t = model.b[j];
    const double begin = std::max(t, 0.0);
    end = (t + G.col(j).array()).max(0.0);
    length = ((begin + end) / G.col(j).array().abs().max(least_coupling)).min(1.0);
    length[j] = 0.0;  // not interference
    const ActiveErrorSlope own = active_error_slope(t, G(j, j));
    result.loss +=
        importance[j] * (own.value + (length * (begin * begin + begin * end + end.square())).sum() / 3.0);
    result.by_b[j] = importance[j] * (own.by_t + (length * (begin + end)).sum());
    // 2∫ x max(t + g x, 0) dx: begins 1 − length late where it ends above 0.
    by_G.col(j) =
        importance[j] * length *
        ((end > 0.0).select(1.0 - length, 0.0) * (begin + end) + length * (begin + 2.0 * end) / 3.0);
    by_G(j, j) = importance[j] * own.by_a;
  }
  result.error = rounding * result.loss;
  result.by_W = model.W * (by_G + by_G.transpose());
  return result;
}

}  // namespace digon
