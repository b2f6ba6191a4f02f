#include "theory/optima/flat_parameters.hpp"

#include <limits>

#include "core/base/input_error.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {

Eigen::VectorXd flatten(const Eigen::MatrixXd& W, const Eigen::MatrixXd& W_out, const Eigen::VectorXd& b) {
  Eigen::VectorXd values(W.size() + W_out.size() + b.size());
  values.head(W.size()) = W.reshaped();
  values.segment(W.size(), W_out.size()) = W_out.transpose().reshaped();
  values.tail(b.size()) = b;
  return values;
}

Eigen::VectorXd flatten(const ToyModel& model) {
  return flatten(model.W, model.W_out, model.b);
}

Eigen::VectorXd flatten(const LossGradient& loss) {
  return flatten(loss.by_W, loss.by_W_out, loss.by_b);
}

ToyModel unflatten(const Eigen::VectorXd& parameters, const ToyModel& like) {
  const Eigen::Index m = like.hidden();
  const Eigen::Index n = like.features();
  ToyModel model{parameters.head(m * n).reshaped(m, n), parameters.tail(n), like.kind};
  if (!is_tied(like.kind)) model.W_out = parameters.segment(m * n, m * n).reshaped(m, n).transpose();
  return model;
}

SmoothFunction function_of_parameters(const Objective& objective, const ToyModel& like) {
  return [=](Eigen::Map<const Eigen::VectorXd> x, Eigen::Map<Eigen::VectorXd> gradient) {
    try {
      const LossGradient loss = objective(unflatten(x, like));
      gradient = flatten(loss);
      return loss.loss;
    } catch (const ToleranceError&) {
      return std::numeric_limits<double>::infinity();
    } catch (const InputError&) {
      return std::numeric_limits<double>::infinity();  // a step to infinity
    }
  };
}

}  // namespace digon
