// Computation in superposition, elhage2022 §7: 100 absolute values in 40 neurons, from dense to sparse.
#include <fmt/format.h>

#include <algorithm>

#include "core/model/feature_description.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/beside_optimum.hpp"
#include "program/experiments/caption.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "program/experiments/neuron_count.hpp"
#include "theory/loss/hidden_relu_loss.hpp"

namespace digon::experiments {
namespace {

constexpr Eigen::Index neurons = 40;

TrainingCell abs_large_cell(const Setting& setting) {
  TrainingCell cell;
  cell.kind = ModelKind::absolute_value;
  cell.features = important_features(100, setting.at[0], 0.8, ActiveValue::signed_uniform);
  cell.hidden = neurons;
  cell.starts = setting.choose(1, 8);
  cell.steps = setting.choose(6'000, 50'000);
  cell.batch = setting.choose(512, 1024);
  return cell;
}

/// A feature is computed where its own circuit, alone, explains half of the variance 1/12 of |x| (exact L_1).
double features_computed(const ToyModel& model) {
  const Eigen::VectorXd ones = Eigen::VectorXd::Ones(model.features());
  const Eigen::VectorXd errors = hidden_relu_one_sparse_loss(model, ones).feature_benefit;
  return double((errors.array() < 1.0 / 24.0).count());
}

double most_computed(const Results& results) {
  double most = 0.0;
  for (const Point& point : results.points) most = std::max(most, features_computed(point.trained.best));
  return most;
}

/// A search for the optimum is not affordable at this size: the lowest loss known is the record's.
std::any find_lowest(const Results& results) {
  return put_beside_optima(results, results.context.choose(3e-3, 3e-4));
}

/// The densest model's loss over that of twenty features with two neurons each.
double dense_over_own_neurons(const Results& results) {
  const BesideOptimum& densest = beside_optima(results).front();
  return densest.trained.loss / densest.own_neurons;
}

/// The greatest gap of all densities, of the best starts or of the lowest known itself.
double worst_gap(const Results& results, bool of_lowest) {
  double worst = 0.0;
  for (const BesideOptimum& beside : beside_optima(results)) {
    worst = std::max(worst, of_lowest ? 0.0 : beside.gap());
  }
  return worst;
}

/// What the neurons do, trained and in the lowest known, a row each and density.
Table motif_table(const Results& results) {
  Table table{{"density", "model", "loss", "loss_over_own_neurons", "monosemantic", "polysemantic", "dead",
               "features_per_neuron", "features_computed", "strongest_inhibition"},
              {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const BesideOptimum& beside = beside_optima(results)[k];
    const auto add = [&](const char* name, const ToyModel& model, double loss) {
      const NeuronCount count = count_neurons(model);
      table.add_row({text_of(results.points[k].density()), name, text_of(loss),
                     text_of(loss / beside.own_neurons), text_of(count.monosemantic),
                     text_of(count.polysemantic), text_of(count.dead), text_of(count.features_per_neuron),
                     text_of(features_computed(model)), text_of(strongest_inhibition(model))});
    };
    add("trained", results.points[k].trained.best, beside.trained.loss);
    add("lowest known", beside.best, beside.lowest.loss);
  }
  return table;
}

std::vector<TableFile> abs_large_tables() {
  std::vector<TableFile> tables = beside_optimum_tables();
  tables.push_back({"motifs", motif_table});
  tables.push_back({"neurons", neuron_table});
  return tables;
}

Measurement monosemantic_share(std::size_t k) {
  return [k](const Results& results) {
    return count_neurons(results.points[k].trained.best).monosemantic_share();
  };
}

void draw_abs_large(const std::filesystem::path& path, const Results& results) {
  draw_stacks(path,
              "{/:Italic y} = |{/:Italic x}|, " + results.size() + ", {/:Italic I} = " +
                  describe_profile(results.points[0].cell.features.importance) + ": weights into each neuron",
              stack_panels(results));
}

void draw_counts(const std::filesystem::path& path, const Results& results) {
  Series monosemantic{"monosemantic", {}, SeriesStyle::line_and_points, 0};
  Series polysemantic{"polysemantic", {}, SeriesStyle::line_and_points, 3};
  Series computed{"features computed", {}, SeriesStyle::line_and_points, 2};
  Series most{"by the lowest known", {}, SeriesStyle::points, 2, 0.9};
  for (const BesideOptimum& beside : beside_optima(results)) {
    most.points.emplace_back(results.points[most.points.size()].x(), features_computed(beside.best));
  }
  for (const Point& point : results.points) {
    const NeuronCount count = count_neurons(point.trained.best);
    monosemantic.points.emplace_back(point.x(), double(count.monosemantic));
    polysemantic.points.emplace_back(point.x(), double(count.polysemantic));
    computed.points.emplace_back(point.x(), features_computed(point.trained.best));
  }
  SeriesPanel panel{"neurons and features", "density", "count", {monosemantic, polysemantic, computed, most}};
  panel.x_scale = AxisScale::logarithmic;
  panel.y_range = "[0:*]";
  panel.levels = {{double(neurons), "{/:Italic m}"}};
  draw_series(path, "Computation in superposition, " + results.size(), {panel});
}

}  // namespace

Experiment abs_large() {
  return {.id = "abs-large",
          .summary = "y = abs(x) for 100 features in 40 neurons",
          .axes = {settable_axis("density", {"density", {1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001}})},
          .cell = abs_large_cell,
          .find = find_lowest,
          .tables = abs_large_tables(),
          .figures = {{"abs-large", "Neuron stack plots of y' = ReLU(W_out ReLU(Wx) + b) on y = |x|.",
                       draw_abs_large},
                      {"abs-large-counts",
                       "Neurons that serve one feature and several, and features that the model computes.",
                       draw_counts},
                      {"abs-large-optimum",
                       "The best start's loss and neurons beside those of the lowest loss known.",
                       draw_beside_optimum}},
          .measures = {
              {"dense", monosemantic_share(0), monosemantic_share(5)},
              {"sparse", monosemantic_share(5), monosemantic_share(0)},
              {"more-than-half", most_computed,
               [](const Results& results) { return features_computed(results.points.front().trained.best); }},
              {"dense-loss", dense_over_own_neurons, [](const Results&) { return 1.0; }},
              {"gap", [](const Results& results) { return worst_gap(results, false); },
               [](const Results& results) { return worst_gap(results, true); }},
              {"optimum-sharing", density_of_sharing, density_of_sharing_of_own_neurons}}};
}

}  // namespace digon::experiments
