#pragma once

#include <Eigen/Core>
#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"
#include "sweep/run_store.hpp"

namespace digon {

/// A model whose loss is to be taken apart, as a cell of a sweep.
struct LossPartsCell {
  ToyModel model;
  FeatureDistribution features;
  nlohmann::json from_settings;  ///< that determine `model`
};

/// What a loss is made of; empty where theory does not tell the parts.
struct PartsOfLoss {
  Eigen::VectorXd reconstruction;  ///< [n] of outputs whose feature is active
  Eigen::VectorXd interference;    ///< [n] of outputs whose feature is 0
  Eigen::VectorXd weight;          ///< [K+1] P(k features active)
  Eigen::VectorXd mean;            ///< [K+1] L̄_k: weight · mean is the loss, but for what is beyond K
};

/// The parts of each; throws as sweep does.
std::vector<PartsOfLoss> parts_of_losses(RunStore& store, const std::string& experiment,
                                         const std::vector<LossPartsCell>& cells, std::size_t threads);

}  // namespace digon
