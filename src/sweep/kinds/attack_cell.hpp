#pragma once

#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "sweep/run_store.hpp"

namespace digon {

/// Attacks on a trained model as a cell of a sweep.
struct AttackCell {
  ToyModel model;
  FeatureDistribution features;
  nlohmann::json trained_by;  ///< the settings the model comes from
  std::size_t samples = 1024;
  std::uint64_t seed = 0;
};

/// What attacks of VulnerabilityOptions' radius do to a model, as `vulnerability` has it.
struct AttackedModel {
  double relative = 0.0;
  double increase = 0.0;
  double clean = 0.0;
  double by_jacobian = 0.0;
};

/// The attacks on each model; throws as sweep does.
std::vector<AttackedModel> attack_models(RunStore& store, const std::vector<AttackCell>& cells,
                                         std::size_t threads);

}  // namespace digon
