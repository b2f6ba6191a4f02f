#pragma once

#include <functional>
#include "empirical/training/sampled_loss.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {

/// Of experiments whose axes are a condition (a density, or the linear model) and the start: how each trained
/// model is put beside the exact theory of the same weights and beside sampling.
struct ComparisonOptions {
  std::size_t optimum_starts = 0;  ///< of the search for each condition's exact optimum; 0: none is made
  double exact_tolerance = 1e-8;   ///< relative, of exact losses and decompositions
  /// Relative, of the best start at a density to the lowest loss known.
  std::function<double(double density)> gap_allowed = [](double) { return 0.005; };
};

/// The theory and the sampling of one trained model.
struct ComparedModel {
  ExactLoss exact;
  SampledLoss sampled;
};

/// A condition's start of lowest exact loss.
struct BestStart {
  std::size_t instance = 0;  ///< its point
  Decomposition decomposition;
  std::optional<double> optimum = {};  ///< the lowest loss known
};

struct Comparison {
  ComparisonOptions options;
  std::vector<ComparedModel> models;  ///< one a point
  std::vector<BestStart> best;        ///< one a condition
};

/// Comparison, as Experiment::find returns it. Throws std::runtime_error where a model diverged.
std::any compare_models(const Results& results, const ComparisonOptions& options);

/// The best start of each condition.
std::vector<const Point*> best_points(const Results& results);

/// models.csv (theory and sampling), features.csv and loss_by_active.csv.
std::vector<TableFile> comparison_tables();

/// The loss by active features, exact and sampled, of each condition.
FigureFile comparison_figure();

/// Sampling and decomposition agree with the exact loss; the best starts are near the optimum.
std::vector<Check> comparison_checks(const Results& results);

/// "S = 0.9" for the title of a panel.
std::string sparsity_title(const Point& point);

}  // namespace digon
