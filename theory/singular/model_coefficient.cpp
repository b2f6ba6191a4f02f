#include "theory/singular/model_coefficient.hpp"

#include "core/base/input_error.hpp"
#include "core/base/named_choice.hpp"
#include "core/model/toy_model.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"
#include "theory/optima/descent.hpp"
#include "theory/optima/flat_parameters.hpp"
#include "theory/singular/model_slice.hpp"

namespace digon {
namespace {

constexpr NamedChoices<LearningLoss, 2> loss_names{
    {{LearningLoss::exact, "exact"}, {LearningLoss::one_sparse, "l1"}}};

/// L_1/n.
Objective mean_one_sparse_objective(const Eigen::VectorXd& importance, Law law) {
  Objective objective = one_sparse_objective(importance, law);
  objective.loss = [sum = objective.loss](const ToyModel& model) {
    const double share = 1.0 / double(model.features());
    LossGradient loss = sum(model);
    loss.loss *= share;
    loss.by_W *= share;
    loss.by_b *= share;
    return loss;
  };
  return objective;
}

double loss_of_answering_0(const Objective& objective, const ToyModel& like) {
  const double loss = objective({0.0 * like.W, 0.0 * like.b, like.kind}).loss;
  if (!(loss > 0.0))
    reject("density: the loss of answering 0 is 0; a feature of some importance must be active");
  return loss;
}

}  // namespace

std::string_view name_of(LearningLoss loss) {
  return name_in(loss_names, loss);
}

LearningLoss parse_learning_loss(std::string_view option, std::string_view text) {
  return parse_choice(loss_names, option, "a loss", text);
}

Objective learning_objective(ModelKind kind, const FeatureDistribution& features, LearningLoss loss) {
  if (!has_exact_loss(kind, features)) {
    reject("kind: {} given, whose loss is estimated; accepted: linear, relu-output", name_of(kind));
  }
  const bool closed = kind == ModelKind::relu_output && !features.data;
  if (loss == LearningLoss::one_sparse) {
    if (!closed) reject("objective: l1 given; accepted: of relu-output models, without data");
    return one_sparse_objective(features.importance, law_of(features));
  }
  if (closed && features.active == Eigen::Index(1)) {
    return mean_one_sparse_objective(features.importance, law_of(features));
  }
  return exact_objective(features);
}

ModelCoefficient model_coefficient(const ToyModel& model, const FeatureDistribution& features,
                                   const ModelCoefficientOptions& options) {
  const Objective objective = learning_objective(model.kind, features, options.loss);
  ModelCoefficient found;
  found.at = options.place == LearningPlace::minimum ? descend(objective, model).model : model;
  const LossGradient loss = objective(found.at);
  found.loss = loss.loss;
  found.gradient_norm = flatten(loss).norm();
  found.moved = (flatten(found.at) - flatten(model)).norm();
  const ModelSlice slice = slice_off_rotations(objective, found.at);
  found.parameters = slice.at.size();
  found.rotations = found.parameters - slice.basis.cols();
  const Eigen::VectorXd origin = Eigen::VectorXd::Zero(slice.basis.cols());
  LearningOptions learning = options.learning;
  if (learning.inverse_temperatures.empty()) {
    learning.inverse_temperatures = usual_temperatures(loss_of_answering_0(objective, model));
  }
  found.found = learning_coefficient(slice.loss, origin, learning);
  if (options.volume) {
    const Excess excess = [&](const Eigen::VectorXd& s) {
      return objective(unflatten(slice.at + slice.basis * s, model)).loss - found.loss;
    };
    VolumeOptions volume = *options.volume;
    volume.least_excess *= loss_of_answering_0(objective, model);
    found.volume = volume_scaling(excess, origin, volume);
  }
  return found;
}

}  // namespace digon
