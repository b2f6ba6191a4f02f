// Computation in superposition, elhage2022 §7: abs(x) = ReLU(x) + ReLU(−x), two neurons a feature.
#include <algorithm>
#include <cmath>

#include "geometry/neurons.hpp"
#include "plots/network_figure.hpp"
#include "program/experiments/beside_optimum.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "program/experiments/neuron_count.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/packing/packing.hpp"

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

/// The null: weights of random directions, the decoder their absolute values.
ToyModel random_model(const Results& results) {
  ToyModel model = model_of(results);
  model.W = random_points(small_features, small_neurons, results.context.seed);
  model.W_out = model.W.cwiseAbs().transpose();
  return model;
}

/// A measure of the trained model, of which the random one's is the null.
Measure measure_of(const std::string& name, Measured (*measure)(const ToyModel&)) {
  return {name, [measure](const Results& results) { return measure(model_of(results)); },
          [measure](const Results& results) { return measure(random_model(results)); }};
}

Measured neurons_of_one_feature(const ToyModel& model) {
  return double(count_neurons(model).monosemantic);
}

/// The feature a neuron serves.
Eigen::Index served_by(const ToyModel& model, Eigen::Index neuron) {
  Eigen::Index i = 0;
  model.W.row(neuron).cwiseAbs().maxCoeff(&i);
  return i;
}

/// Whether each feature has one neuron for either sign.
Measured both_signs(const ToyModel& model) {
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
Measured product_of_weights(const ToyModel& model) {
  double worst = 0.0;
  for (Eigen::Index a = 0; a < small_neurons; ++a) {
    const Eigen::Index i = served_by(model, a);
    worst = std::max(worst, std::abs(std::abs(model.W(a, i)) * model.W_out(i, a) - 1.0));
  }
  return 1.0 + worst;
}

Measured one_sparse_loss_per_feature(const ToyModel& model) {
  return hidden_relu_one_sparse_loss(model, Eigen::VectorXd::Ones(small_features)).total() /
         double(small_features);
}

/// The share of losses within 0.1% of the loss of answering 0 to the lowest, which is 0: of the starts, or of
/// the random model.
double share_at_optimum(const Point& point, const std::vector<double>& losses) {
  const double near = 1e-3 * zero_model_loss(point.cell.features);
  return double(std::count_if(losses.begin(), losses.end(), [&](double loss) { return loss < near; })) /
         double(losses.size());
}

double loss_of_random_model(const Results& results) {
  HiddenReluLossOptions options;
  options.relative_tolerance = 1e-2;
  options.threads = results.context.threads;
  return hidden_relu_loss(random_model(results), results.points.front().cell.features, options).loss;
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

void draw_abs_small_network(const std::filesystem::path& path, const Results& results) {
  const ToyModel& model = model_of(results);
  draw_networks(path, "{/:Italic y} = |{/:Italic x}|, " + results.size(), {{"", model.W, model.W_out}});
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
                   draw_abs_small},
                  {"abs-small-network", "The same model as a graph: features, neurons, features.",
                   draw_abs_small_network}},
      .measures = {measure_of("one-feature", neurons_of_one_feature),
                   measure_of("both-signs", both_signs),
                   measure_of("product", product_of_weights),
                   measure_of("one-sparse", one_sparse_loss_per_feature),
                   {"optimum", [](const Results& results) { return beside_optima(results)[0].lowest.loss; },
                    loss_of_random_model},
                   {"trained", [](const Results& results) { return beside_optima(results)[0].trained.loss; },
                    loss_of_random_model},
                   {"starts",
                    [](const Results& results) {
                      const Point& point = results.points.front();
                      return share_at_optimum(point, point.trained.losses);
                    },
                    [](const Results& results) {
                      return share_at_optimum(results.points.front(), {loss_of_random_model(results)});
                    }}}};
}

}  // namespace digon::experiments
