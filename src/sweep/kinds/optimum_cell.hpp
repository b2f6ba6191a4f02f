#pragma once

#include <string>
#include <vector>

#include "sweep/sweep.hpp"
#include "theory/optima/optimum_search.hpp"
#include "theory/optima/penalty.hpp"

namespace digon {

/// A minimum as a cell stores it: loss, gradient norm, and W, b and W_out, where there is one, in full
/// precision.
nlohmann::json to_json(const Descent& minimum);
Descent descent_from(const nlohmann::json& stored, Eigen::Index features, Eigen::Index hidden,
                     ModelKind kind = ModelKind::relu_output);

nlohmann::json to_json(const Penalty& penalty);
Penalty penalty_from(const nlohmann::json& stored);

/// A search for the optimum of a model as a cell of a sweep.
struct OptimumCell {
  FeatureDistribution features;
  Eigen::Index hidden = 0;
  std::size_t starts = 32;  ///< random ones; of ten or more features a population of 250 descents for
                            ///< each, of models with a ReLU in the hidden layer one of so many descents
  std::uint64_t seed = 0;
  /// Models to descend from besides the random starts, e.g. trained ones, and the settings they come from:
  /// where most random starts lose a feature for good, training may know a better minimum.
  std::vector<ToyModel> given = {};
  nlohmann::json given_from = {};
  ModelKind kind = ModelKind::relu_output;
  Penalty penalty = {};  ///< added to the loss
};

/// The cell as a sweep takes it.
SweepCell sweep_cell(const OptimumCell& cell);

/// What `digon optimum` minimises: the exact loss of a law, or L_1 of importances.
struct SharedObjective {
  FeatureDistribution features;
  bool one_sparse = false;  ///< L_1: the densities do not matter
  Penalty penalty = {};
  ModelKind kind = ModelKind::relu_output;
};
Objective objective_of(const SharedObjective& objective);

/// search_optimum with its populations shared out, over the threads of this process or over all ranks. Those
/// in the store, if any, are taken from there, and what is finished is put there: a search that was cut short
/// goes on. Of laws without data, and populations that end by their descents, not by the clock.
OptimumFound search_optimum_shared(const SharedObjective& objective, Eigen::Index hidden,
                                   const OptimumSearchOptions& options,
                                   const RecordedOptimum* recorded = nullptr, RunStore* store = nullptr);

/// The lowest minimum found of each cell; throws as sweep does.
std::vector<Descent> find_optima(RunStore& store, const std::string& experiment,
                                 const std::vector<OptimumCell>& cells, std::size_t threads);

}  // namespace digon
