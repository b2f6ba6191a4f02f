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
double features_computed(const Point& point) {
  const ToyModel& model = point.trained.best;
  const Eigen::VectorXd ones = Eigen::VectorXd::Ones(model.features());
  const Eigen::VectorXd errors = hidden_relu_one_sparse_loss(model, ones).feature_benefit;
  return double((errors.array() < 1.0 / 24.0).count());
}

double most_computed(const Results& results) {
  double most = 0.0;
  for (const Point& point : results.points) most = std::max(most, features_computed(point));
  return most;
}

/// The losses of all points. A search for the optimum is not affordable at this size: one gradient takes a
/// third of a second where L_2 is exact.
using Losses = std::vector<HiddenReluLoss>;

std::any state_losses(const Results& results) {
  HiddenReluLossOptions options;
  options.relative_tolerance = results.context.choose(3e-3, 3e-4);
  options.seed = 1;
  options.threads = results.context.threads;
  Losses losses;
  for (const Point& point : results.points) {
    losses.push_back(hidden_relu_loss(point.trained.best, point.cell.features, options));
  }
  return losses;
}

double own_neurons(const Point& point) {
  return loss_with_own_neurons(point.cell.kind, point.cell.features, point.cell.hidden);
}

/// The densest model's loss over that of twenty features with two neurons each.
double dense_over_own_neurons(const Results& results) {
  return results.found_as<Losses>().front().loss / own_neurons(results.points.front());
}

Table loss_table(const Results& results) {
  Table table{{"density", "loss", "loss_error", "exact_part", "own_neurons"}, {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const HiddenReluLoss& loss = results.found_as<Losses>()[k];
    table.add_row({text_of(results.points[k].density()), text_of(loss.loss), text_of(loss.error),
                   text_of(loss.exact_part()), text_of(own_neurons(results.points[k]))});
  }
  return table;
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
  for (const Point& point : results.points) {
    const NeuronCount count = count_neurons(point.trained.best);
    monosemantic.points.emplace_back(point.x(), double(count.monosemantic));
    polysemantic.points.emplace_back(point.x(), double(count.polysemantic));
    computed.points.emplace_back(point.x(), features_computed(point));
  }
  SeriesPanel panel{"neurons and features", "density", "count", {monosemantic, polysemantic, computed}};
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
          .find = state_losses,
          .tables = {{"losses", loss_table}, {"neurons", neuron_table}},
          .figures = {{"abs-large", "Neuron stack plots of y' = ReLU(W_out ReLU(Wx) + b) on y = |x|.",
                       draw_abs_large},
                      {"abs-large-counts",
                       "Neurons that serve one feature and several, and features that the model computes.",
                       draw_counts}},
          .measures = {{"dense", monosemantic_share(0), monosemantic_share(5)},
                       {"sparse", monosemantic_share(5), monosemantic_share(0)},
                       {"more-than-half", most_computed,
                        [](const Results& results) { return features_computed(results.points.front()); }},
                       {"dense-loss", dense_over_own_neurons, [](const Results&) { return 1.0; }}}};
}

}  // namespace digon::experiments
