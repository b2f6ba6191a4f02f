// Computation in superposition, elhage2022 §7: abs(x) = ReLU(x) + ReLU(−x), two neurons a feature.
#include <algorithm>
#include <cmath>

#include "geometry/neurons.hpp"
#include "program/experiments/beside_optimum.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "program/experiments/neuron_count.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"

namespace digon::experiments {
namespace {

constexpr Eigen::Index small_features = 3;
constexpr Eigen::Index small_neurons = 6;

TrainingCell abs_small_cell(const Setting& setting) {
  TrainingCell cell;
  cell.kind = ModelKind::absolute_value;
  cell.features = uniform_features(small_features, 0.5);
  cell.features.values = ActiveValue::signed_uniform;
  cell.hidden = small_neurons;
  cell.starts = setting.choose(32, 256);
  cell.steps = setting.choose(10'000, 30'000);
  cell.learning_rate = 1e-2;
  return cell;
}

const ToyModel& model_of(const Results& results) {
  return results.points.front().trained.best;
}

double neurons_of_one_feature(const Results& results) {
  return double(count_neurons(model_of(results).W).monosemantic);
}

/// The feature a neuron serves.
Eigen::Index served_by(const ToyModel& model, Eigen::Index neuron) {
  Eigen::Index i = 0;
  model.W.row(neuron).cwiseAbs().maxCoeff(&i);
  return i;
}

/// Whether each feature has one neuron for either sign.
Measured both_signs(const Results& results) {
  const ToyModel& model = model_of(results);
  std::vector<int> positive(small_features, 0);
  std::vector<int> negative(small_features, 0);
  for (Eigen::Index a = 0; a < small_neurons; ++a) {
    const Eigen::Index i = served_by(model, a);
    ++(model.W(a, i) > 0.0 ? positive : negative)[std::size_t(i)];
  }
  const std::vector<int> one(small_features, 1);
  return positive == one && negative == one ? "yes" : "no";
}

/// w_in w_out of each neuron is 1: the farthest from it, added to 1.
double product_of_weights(const Results& results) {
  const ToyModel& model = model_of(results);
  double worst = 0.0;
  for (Eigen::Index a = 0; a < small_neurons; ++a) {
    const Eigen::Index i = served_by(model, a);
    worst = std::max(worst, std::abs(std::abs(model.W(a, i)) * model.W_out(i, a) - 1.0));
  }
  return 1.0 + worst;
}

double one_sparse_loss_per_feature(const Results& results) {
  const Point& point = results.points.front();
  return hidden_relu_one_sparse_loss(point.trained.best, point.trained.features.importance).total() /
         double(small_features);
}

/// Starts that come within 0.1% of the loss of answering 0 to the lowest, which is 0.
double share_of_starts_at_optimum(const Results& results) {
  const Point& point = results.points.front();
  const double near = 1e-3 * zero_model_loss(point.cell.features);
  const auto& losses = point.trained.losses;
  return double(std::count_if(losses.begin(), losses.end(), [&](double loss) { return loss < near; })) /
         double(losses.size());
}

std::vector<TableFile> abs_small_tables() {
  std::vector<TableFile> tables = beside_optimum_tables();
  tables.push_back({"neurons", neuron_table});
  return tables;
}

void draw_abs_small(const std::filesystem::path& path, const Results& results) {
  const ToyModel& model = model_of(results);
  draw_stacks(path, "{/:Italic y} = |{/:Italic x}|, " + results.size(),
              {{"weights into each neuron", model.W}, {"weights out of it", model.W_out.transpose()}}, 2);
}

}  // namespace

Experiment abs_small() {
  return {
      .id = "abs-small",
      .summary = "y = abs(x) with two neurons a feature",
      .cell = abs_small_cell,
      .optimum_starts = Starts{8, 100},
      .find = [](const Results& results) { return put_beside_optima(results); },
      .tables = abs_small_tables(),
      .figures = {{"abs-small", "Weights of the best start of y' = ReLU(W_out ReLU(Wx) + b) on y = |x|.",
                   draw_abs_small}},
      .measures = {{"one-feature", neurons_of_one_feature},
                   {"both-signs", both_signs},
                   {"product", product_of_weights},
                   {"one-sparse", one_sparse_loss_per_feature},
                   {"optimum", [](const Results& results) { return beside_optima(results)[0].lowest.loss; }},
                   {"trained", [](const Results& results) { return beside_optima(results)[0].trained.loss; }},
                   {"starts", share_of_starts_at_optimum}}};
}

}  // namespace digon::experiments
