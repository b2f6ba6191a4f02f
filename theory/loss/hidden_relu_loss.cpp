#include "theory/loss/hidden_relu_loss.hpp"

#include "core/base/input_error.hpp"
#include "theory/law/law.hpp"

namespace digon {
namespace {

/// Adds the loss of inputs ±t e_i, all of one sign, with a weight.
void add_rays(const ToyModel& model, const Eigen::VectorXd& importance, double sign, double weight,
              OneSparseLoss& loss) {
  const Eigen::MatrixXd decoder = is_tied(model.kind) ? Eigen::MatrixXd(model.W.transpose()) : model.W_out;
  const Eigen::MatrixXd slope = decoder * (sign * model.W).cwiseMax(0.0);  // g [outputs × inputs]
  for (Eigen::Index i = 0; i < model.features(); ++i) {
    for (Eigen::Index j = 0; j < model.features(); ++j) {
      if (i == j) {
        loss.feature_benefit[i] += weight * importance[i] * active_error(Law{}, model.b[i], slope(i, i));
      } else {
        loss.interference[i] += weight * importance[j] * mean_square_of_relu(Law{}, model.b[j], slope(j, i));
      }
    }
  }
}

}  // namespace

OneSparseLoss hidden_relu_one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  validate(model);
  if (!has_relu_hidden(model.kind)) {
    reject("kind: {} given; accepted: relu-hidden, absolute-value", name_of(model.kind));
  }
  const Eigen::Index n = model.features();
  OneSparseLoss loss{Eigen::VectorXd::Zero(n), Eigen::VectorXd::Zero(n)};
  if (model.kind == ModelKind::relu_hidden) {
    add_rays(model, importance, 1.0, 1.0, loss);
  } else {
    add_rays(model, importance, 1.0, 0.5, loss);
    add_rays(model, importance, -1.0, 0.5, loss);
  }
  return loss;
}

}  // namespace digon
