#include "theory/optima/polygon.hpp"

#include <cmath>
#include <numbers>

#include "core/base/input_error.hpp"
#include "theory/loss/one_sparse_loss.hpp"
#include "theory/optima/optimum.hpp"

namespace digon {
namespace {

/// L_1 and its gradient by (norm, bias).
LossGradient polygon_loss(Eigen::Index k, double norm, double bias, Law law) {
  const ToyModel model = regular_polygon(k, norm, bias);
  const LossGradient full = one_sparse_loss_gradient(model, Eigen::VectorXd::Ones(k), law);
  LossGradient loss;
  loss.loss = full.loss;
  loss.by_W = Eigen::MatrixXd::Constant(1, 1, full.by_W.cwiseProduct(model.W).sum() / norm);
  loss.by_b = Eigen::VectorXd::Constant(1, full.by_b.sum());
  return loss;
}

}  // namespace

ToyModel regular_polygon(Eigen::Index k, double norm, double bias) {
  ToyModel model{Eigen::MatrixXd(2, k), Eigen::VectorXd::Constant(k, bias)};
  for (Eigen::Index i = 0; i < k; ++i) {
    const double angle = 2.0 * std::numbers::pi * double(i) / double(k);
    model.W.col(i) << norm * std::cos(angle), norm * std::sin(angle);
  }
  return model;
}

PolygonOptimum polygon_optimum(Eigen::Index k, Law law) {
  if (k < 1) reject("k: {} given; a polygon has at least 1 vertex", k);
  // A model of one feature in one dimension stands for (norm, bias).
  const Objective objective{
      [k, law](const ToyModel& two) { return polygon_loss(k, two.W(0, 0), two.b[0], law); },
      Eigen::VectorXd::Ones(1)};
  ToyModel start{Eigen::MatrixXd::Constant(1, 1, k <= 4 ? 1.1 : 1.2),
                 Eigen::VectorXd::Constant(1, -0.05 * double(k))};
  const Descent best = descend(objective, start);
  PolygonOptimum optimum{best.model.W(0, 0), best.model.b[0], best.loss / double(k), {}};
  const ToyModel model = regular_polygon(k, optimum.norm, optimum.bias);
  optimum.hessian_eigenvalues =
      hessian_eigenvalues(hessian(one_sparse_objective(Eigen::VectorXd::Ones(k), law), model), model);
  return optimum;
}

}  // namespace digon
