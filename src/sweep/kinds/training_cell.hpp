#pragma once

#include <vector>

#include "sweep/sweep.hpp"
#include "sweep/training_method.hpp"

namespace digon {

/// One cell of a sweep of trained models: some starts of one model on one law, of which the start of lowest
/// loss is kept (the exact loss where theory gives it, else of the same samples for all).
struct TrainingCell {
  ModelKind kind = ModelKind::relu_output;
  Eigen::Index hidden = 0;
  FeatureDistribution features;
  std::size_t starts = 8;
  std::size_t steps = 10'000;
  std::size_t batch = 1024;
  double learning_rate = 3e-3;  ///< at the first step
  OptimizerKind optimizer = OptimizerKind::adam;
  Schedule schedule = Schedule::cosine;
  double start_scale = 1.0;
  std::uint64_t seed = 0;
  std::vector<std::size_t> snapshot_steps = {};
  double hidden_l1 = 0.0;  ///< of the training; starts are compared without it
  std::size_t warm_up = 0;
  double momentum = 0.9;  ///< of SGD alone
  double weight_decay = 0.0;
  TrainingMethod method = TrainingMethod::sampled;
  EarlyStop stop = {};
};

/// The cell as a sweep takes it. Each start's seed comes from the cell's seed and the
/// start's number alone.
SweepCell sweep_cell(const TrainingCell& cell);

/// What was kept of a training cell.
struct TrainedCell {
  ToyModel best;
  FeatureDistribution features;
  double loss = 0.0;                ///< of the best
  std::vector<double> losses;       ///< of every start; not finite where it diverged
  std::vector<Snapshot> snapshots;  ///< of the best
};
TrainedCell trained_cell(const TrainingCell& cell, const StoredCell& stored);

/// The cells of a sweep of trained models; throws as sweep does.
std::vector<TrainedCell> train_cells(RunStore& store, const std::string& experiment,
                                     const std::vector<TrainingCell>& cells, std::size_t threads);

}  // namespace digon
