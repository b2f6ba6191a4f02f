#pragma once

#include "program/experiments/experiment.hpp"
#include "theory/loss/hidden_relu_loss.hpp"

namespace digon {

/// A trained model with a ReLU in its hidden layer beside the lowest loss known at its point, and beside the
/// best model in which no neuron serves two features.
struct BesideOptimum {
  HiddenReluLoss trained;    ///< of the best start
  ToyModel best;             ///< of the lowest loss known
  HiddenReluLoss lowest;     ///< its loss; both are stated by samples that no descent has seen
  double own_neurons = 0.0;  ///< the loss with neurons of their own for the most important features alone

  /// How far the best start is above the lowest loss known.
  [[nodiscard]] double gap() const { return trained.loss / lowest.loss - 1.0; }
};

/// What Experiment::find returns of experiments that ask for optima.
struct BesideOptima {
  std::vector<BesideOptimum> at = {};    ///< one a point
  std::vector<TrainedCell> others = {};  ///< further models that the experiment puts beside them
};
/// The lowest loss known is of the trained model, of the search where the experiment asks for one, which
/// descends from the trained model too, or of the record (paper_refs/optima.csv). Losses are stated to the
/// tolerance.
BesideOptima put_beside_optima(const Results& results, double relative_tolerance = 1e-4);
const std::vector<BesideOptimum>& beside_optima(const Results& results);

/// The loss of a model whose neurons serve one feature each: those of largest I_i Var t_i are answered
/// exactly, with a neuron each or two where t = |x| of either sign, and the others by their mean.
double loss_with_own_neurons(ModelKind kind, const FeatureDistribution& features, Eigen::Index hidden);

/// optimum.csv, a row a point, and starts.csv, the gap of every trained model. The losses of starts are
/// compared by the same samples, and put on the scale of the best one's.
std::vector<TableFile> beside_optimum_tables();

/// The best start's gap, or that of answering 0, the greatest of all points.
double greatest_gap(const Results& results);
double greatest_gap_of_zero(const Results& results);
/// The greatest density at which sharing neurons pays: the lowest loss known, or that of neurons of their own
/// itself, is below own_neurons by 0.1%. 0: at none.
double density_of_sharing(const Results& results);
double density_of_sharing_of_own_neurons(const Results& results);

/// Against density: the losses over own_neurons, and the monosemantic share of the best start and of the
/// lowest known.
void draw_beside_optimum(const std::filesystem::path& path, const Results& results);

}  // namespace digon
