#include "theory/one_sparse_loss.hpp"

#include "theory/output_error.hpp"

namespace digon {
namespace {

/// ∫₀¹ (c x + d)² dx
double mean_square_of_line(double c, double d) {
  return c * c / 3.0 + c * d + d * d;
}

}  // namespace

double zero_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  const Eigen::ArrayXd output =
      model.kind == ModelKind::linear ? model.b.array() : model.b.array().max(0.0).eval();
  return (importance.array() * output.square()).sum();
}

OneSparseLoss one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  const Eigen::Index n = model.features();
  const Eigen::MatrixXd G = model.W.transpose() * model.W;
  const bool linear = model.kind == ModelKind::linear;
  OneSparseLoss loss{Eigen::VectorXd::Zero(n), Eigen::VectorXd::Zero(n)};
  for (Eigen::Index i = 0; i < n; ++i) {
    const double own =
        linear ? mean_square_of_line(1.0 - G(i, i), -model.b[i]) : output_error(model.b[i], G(i, i)).active;
    loss.feature_benefit[i] = importance[i] * own;
    for (Eigen::Index j = 0; j < n; ++j) {
      if (j == i) continue;
      const double square =
          linear ? mean_square_of_line(G(j, i), model.b[j]) : mean_square_of_relu(model.b[j], G(j, i));
      loss.interference[i] += importance[j] * square;
    }
  }
  return loss;
}

}  // namespace digon
