#pragma once

#include <optional>
#include <string_view>

#include "core/model/feature_distribution.hpp"
#include "theory/optima/objective.hpp"
#include "theory/singular/learning_coefficient.hpp"
#include "theory/singular/volume_scaling.hpp"

namespace digon {

/// Which loss: of the distribution, or L_1, the sum over inputs with one feature active.
enum class LearningLoss { exact, one_sparse };
std::string_view name_of(LearningLoss loss);  ///< "exact" or "l1"
LearningLoss parse_learning_loss(std::string_view option, std::string_view text);

/// Where: the minimum that a descent reaches from the weights, or the weights as they are, a critical point.
enum class LearningPlace { minimum, weights };

struct ModelCoefficientOptions {
  LearningLoss loss = LearningLoss::exact;
  LearningPlace place = LearningPlace::minimum;
  LearningOptions learning;                  ///< no nβ: usual_temperatures of the loss of answering 0
  std::optional<VolumeOptions> volume = {};  ///< its ε in units of the loss of answering 0
};

/// The learning coefficient of a model.
struct ModelCoefficient {
  ToyModel at;
  double loss = 0.0;
  double gradient_norm = 0.0;
  double moved = 0.0;  ///< ‖w* − w‖ from the weights given
  Eigen::Index parameters = 0;
  Eigen::Index rotations = 0;  ///< directions of its orbit, taken out
  LearningCoefficient found;
  std::optional<VolumeScaling> volume;
};

/// The loss, with its gradient. Of exactly one active feature in closed form, L_1/n. Throws InputError for
/// models with a ReLU in the hidden layer, whose loss is estimated, and L_1 of linear ones.
Objective learning_objective(ModelKind kind, const FeatureDistribution& features, LearningLoss loss);

/// λ of a model (chen2023, lau2023). Throws InputError as the above and learning_coefficient do, and where
/// the weights are a minimum of nothing, L being 0 everywhere.
///
/// Example: of the regular pentagon, L_1 of five features, λ = 7: 15 parameters, less a rotation, halved.
ModelCoefficient model_coefficient(const ToyModel& model, const FeatureDistribution& features,
                                   const ModelCoefficientOptions& options = {});

}  // namespace digon
