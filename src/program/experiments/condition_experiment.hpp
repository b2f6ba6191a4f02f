#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/files/run.hpp"
#include "empirical/training/sampled_loss.hpp"
#include "program/experiments/catalog.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {

/// One setting of an experiment: a model kind at a density.
struct Condition {
  ModelKind kind = ModelKind::relu_output;
  double density = 1.0;    ///< 1 − S, of every feature
  std::string prediction;  ///< id of that of the geometry of W's columns, where the paper says it
};

enum class FigureKind { arrows, basic };

/// An experiment of the paper (elhage2022): models trained at several conditions, several starts each.
struct Experiment {
  std::string id;
  std::string summary;
  Eigen::Index features = 0;  ///< n
  Eigen::Index hidden = 0;    ///< m
  std::string importance;     ///< as on the command line
  std::vector<Condition> conditions;
  std::size_t restarts = 1;  ///< starts a condition; the lowest exact loss is shown
  std::size_t steps = 10'000;
  double learning_rate = 1e-3;     ///< at the first step, cosine to 0
  std::size_t optimum_starts = 0;  ///< of the search for the exact optimum; 0: none is made
  double exact_tolerance = 1e-8;   ///< relative, of exact losses and decompositions
  double gap_allowed = 0.005;      ///< relative, of the best start to the optimum
  FigureKind figure = FigureKind::arrows;
};

/// All experiments of this kind at the preset's size, in the paper's order.
std::vector<Experiment> condition_experiments(Preset preset);

/// Trains what is not trained yet, puts theory beside it, draws the figures, writes it all, and returns the
/// checks; nothing where a signal ended it (finished experiments stay).
std::optional<std::vector<Check>> reproduce(const Experiment& experiment, const ExperimentContext& context);

}  // namespace digon
