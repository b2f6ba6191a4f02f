#include "theory/optima/descent.hpp"

#include <limits>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/numerics/off_rotations.hpp"
#include "theory/optima/flat_parameters.hpp"
#include "theory/optima/penalty.hpp"
#include "theory/search/hessian.hpp"
#include "theory/search/local_descent.hpp"

namespace digon {
namespace {

/// √I_i for each parameter of feature i, where importance 0 counts as a millionth of the greatest, and 30
/// times that: the first step is 1 long at most, before the line search has seen anything.
Eigen::VectorXd scale_of(const Eigen::VectorXd& importance, const ToyModel& like) {
  const double greatest = importance.maxCoeff() > 0.0 ? importance.maxCoeff() : 1.0;
  const Eigen::VectorXd root = 30.0 * (importance / greatest).cwiseMax(1e-6).cwiseSqrt();
  const Eigen::MatrixXd of_columns = root.transpose().replicate(like.hidden(), 1);
  return flatten(of_columns, is_tied(like.kind) ? Eigen::MatrixXd() : of_columns.transpose(), root);
}

/// The loss of the model that always answers 0: the unit in which a descent's tolerances mean the same at
/// every density.
double unit_of(const Objective& objective, const ToyModel& like) {
  const double zero_loss = objective({0.0 * like.W, 0.0 * like.b, like.kind, 0.0 * like.W_out}).loss;
  return zero_loss > 0.0 ? zero_loss : 1.0;
}

/// Where a descent on the objective and `bound`, if any, ends.
ToyModel end_of_descent(const Objective& objective, const ToyModel& start, const CoherenceBound* bound,
                        double unit, const DescentOptions& options) {
  const Eigen::VectorXd scale = scale_of(objective.importance, start);
  const auto scaled_loss = [&](Eigen::Map<const Eigen::VectorXd> x, Eigen::Map<Eigen::VectorXd> gradient) {
    try {
      const ToyModel model = unflatten(x.cwiseQuotient(scale), start);
      LossGradient loss = objective(model);
      if (bound != nullptr) {
        const LossGradient added = bound->at(model.W);
        loss.loss += unit * added.loss;
        loss.by_W += unit * added.by_W;
      }
      gradient = flatten(loss).cwiseQuotient(scale) / unit;
      return loss.loss / unit;
    } catch (const ToleranceError&) {
      return std::numeric_limits<double>::infinity();
    } catch (const InputError&) {
      return std::numeric_limits<double>::infinity();  // a step to infinity
    }
  };
  const Eigen::VectorXd end =
      local_descent(scaled_loss, flatten(start.W, start.W_out, start.b).cwiseProduct(scale), options);
  return unflatten(end.cwiseQuotient(scale), start);
}

/// The end of descents whose bound on the coherence stiffens until it is kept.
ToyModel end_within_bound(const Objective& objective, const ToyModel& start, double unit,
                          const DescentOptions& options) {
  constexpr double kept = 1e-9;
  constexpr int most_descents = 30;
  CoherenceBound bound(objective.max_coherence, start.features(), 1.0);
  DescentOptions to_the_end = options;  // what lies beyond the bound says nothing of what lies within
  to_the_end.bar = std::numeric_limits<double>::infinity();
  ToyModel model = start;
  for (int k = 0; k < most_descents && bound.violation() > kept && !interrupted(); ++k) {
    model = end_of_descent(objective, model, &bound, unit, to_the_end);
    for (Eigen::Index i = 0; i < model.features(); ++i) {
      if (model.W.col(i).norm() < absent_norm_of_descents) model.W.col(i).setZero();
    }
    bound.update(model.W);
  }
  return model;
}

}  // namespace

Descent descend(const Objective& objective, const ToyModel& start, const DescentOptions& options) {
  const double unit = unit_of(objective, start);
  DescentOptions in_units = options;
  in_units.bar /= unit;
  const ToyModel model = objective.max_coherence < 1.0
                             ? end_within_bound(objective, start, unit, in_units)
                             : end_of_descent(objective, start, nullptr, unit, in_units);
  const LossGradient loss = objective(model);
  return {model, loss.loss, flatten(loss).norm()};
}

Descent with_best_absent_biases(const Objective& objective, const Descent& end) {
  if (objective.absent_bias.size() == 0) return end;
  ToyModel model = end.model;
  for (Eigen::Index i = 0; i < model.features(); ++i) {
    if (model.W.col(i).norm() >= absent_norm_of_descents) continue;
    model.W.col(i).setZero();
    if (!is_tied(model.kind)) model.W_out.row(i).setZero();
    model.b[i] = objective.absent_bias[i];
  }
  if (model.b == end.model.b) return end;
  const LossGradient loss = objective(model);
  if (loss.loss >= end.loss) return end;
  return {model, loss.loss, flatten(loss).norm()};
}

Eigen::MatrixXd hessian(const Objective& objective, const ToyModel& model) {
  const SmoothFunction f = [&](Eigen::Map<const Eigen::VectorXd> x, Eigen::Map<Eigen::VectorXd> gradient) {
    const LossGradient loss = objective(unflatten(x, model));
    gradient = flatten(loss);
    return loss.loss;
  };
  return hessian(f, flatten(model));
}

Eigen::VectorXd hessian_eigenvalues(const Eigen::MatrixXd& hessian, const ToyModel& model) {
  const Eigen::MatrixXd of_W = rotations_of(model.W);
  Eigen::MatrixXd rotations = Eigen::MatrixXd::Zero(hessian.rows(), of_W.cols());  // which leave b alone
  rotations.topRows(of_W.rows()) = of_W;
  return eigenvalues_off(hessian, rotations);
}

}  // namespace digon
