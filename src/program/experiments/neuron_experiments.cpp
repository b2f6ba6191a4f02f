// Superposition in a privileged basis, elhage2022 §6, and computation in superposition, §7.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/files/table.hpp"
#include "geometry/neurons.hpp"
#include "plots/series_figure.hpp"
#include "plots/stack_figure.hpp"
#include "program/experiments/catalog.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/hidden_relu_loss.hpp"

namespace digon {
namespace {

FeatureDistribution important_features(Eigen::Index n, double density, double base, ActiveValue values) {
  FeatureDistribution features = uniform_features(n, density);
  for (Eigen::Index i = 0; i < n; ++i) features.importance[i] = std::pow(base, double(i));
  features.values = values;
  return features;
}

/// How many neurons of each class, and how many features each living one serves on average.
struct NeuronCount {
  std::size_t dead = 0;
  std::size_t monosemantic = 0;
  std::size_t polysemantic = 0;
  double features_per_neuron = 0.0;

  [[nodiscard]] double monosemantic_share() const {
    return double(monosemantic) / std::max(1.0, double(monosemantic + polysemantic));
  }
};

NeuronCount count_neurons(const Eigen::MatrixXd& W) {
  NeuronCount count;
  std::size_t served = 0;
  for (const Neuron& neuron : describe_neurons(W)) {
    count.dead += neuron.kind == NeuronClass::dead;
    count.monosemantic += neuron.kind == NeuronClass::monosemantic;
    count.polysemantic += neuron.kind == NeuronClass::polysemantic;
    served += neuron.features.size();
  }
  count.features_per_neuron = double(served) / std::max(1.0, double(count.monosemantic + count.polysemantic));
  return count;
}

/// The features that polysemantic neurons serve, each counted once.
std::size_t shared_features(const Eigen::MatrixXd& W) {
  std::set<Eigen::Index> shared;
  for (const Neuron& neuron : describe_neurons(W)) {
    if (neuron.kind == NeuronClass::polysemantic)
      shared.insert(neuron.features.begin(), neuron.features.end());
  }
  return shared.size();
}

/// Neurons that serve the same feature together: their classes, by density.
Table neuron_table(const std::vector<TrainedCell>& cells) {
  Table table{{"density", "loss", "dead", "monosemantic", "polysemantic", "features_per_neuron"}, {}};
  for (const TrainedCell& one : cells) {
    const NeuronCount count = count_neurons(one.best.W);
    table.add_row({cell(one.features.density[0]), cell(one.loss), cell(count.dead), cell(count.monosemantic),
                   cell(count.polysemantic), cell(count.features_per_neuron)});
  }
  return table;
}

std::vector<StackPanel> stack_panels(const std::vector<TrainedCell>& cells) {
  std::vector<StackPanel> panels;
  panels.reserve(cells.size());
  for (const TrainedCell& one : cells) {
    panels.push_back({fmt::format("density {:.3g}", one.features.density[0]), one.best.W});
  }
  return panels;
}

std::optional<std::vector<TrainedCell>> train_by_density(const ExperimentContext& context,
                                                         const std::string& id, const TrainingCell& like,
                                                         double base, const std::vector<double>& densities) {
  std::vector<TrainingCell> cells;
  for (const double density : densities) {
    TrainingCell cell = like;
    cell.features = important_features(like.features.features(), density, base, like.features.values);
    cell.seed = context.seed;
    cells.push_back(std::move(cell));
  }
  return train_cells(context.store, id, cells, context.threads);
}

std::optional<std::vector<Check>> run_privileged(const ExperimentContext& context) {
  TrainingCell like;
  like.kind = ModelKind::relu_hidden;
  like.features = uniform_features(10, 1.0);
  like.hidden = 5;
  like.starts = context.choose<std::size_t>(16, 1000);
  like.steps = context.choose<std::size_t>(4'000, 10'000);
  like.learning_rate = 1e-2;
  const auto trained =
      train_by_density(context, "privileged", like, 0.75, {1.0, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05, 0.02});
  if (!trained) return std::nullopt;
  write_cells(context.folder, *trained);
  write_csv(context.folder / "neurons.csv", neuron_table(*trained));
  draw_stacks(
      context.folder / "privileged",
      "ReLU hidden layer, {/:Italic n} = 10, {/:Italic m} = 5, {/:Italic I} = 0.75^i: weights of each neuron",
      stack_panels(*trained));
  write_caption(
      context.folder / "privileged", context,
      fmt::format("Neuron stack plots of h = ReLU(Wx), x' = ReLU(Wᵀh + b), the best of {} starts a density "
                  "(loss of the same {} samples), features {}.",
                  like.starts, 1 << 18, describe_law(trained->front().features)));
  double dense_share = 1.0;
  double sparse_share = 0.0;
  double shared_in_the_middle = 0.0;
  for (const TrainedCell& one : *trained) {
    const double share = count_neurons(one.best.W).monosemantic_share();
    if (one.features.density[0] > 0.5) dense_share = std::min(dense_share, share);
    if (one.features.density[0] == 0.35) shared_in_the_middle = double(shared_features(one.best.W));
    if (one.features.density[0] < 0.04) sparse_share = std::max(sparse_share, share);
  }
  // Rotating the hidden space changes a model whose basis is privileged: the columns follow the neurons.
  return std::vector<Check>{judge("privileged/dense", dense_share),
                            judge("privileged/middle", shared_in_the_middle),
                            judge("privileged/sparse", sparse_share)};
}

std::optional<std::vector<Check>> run_abs_small(const ExperimentContext& context) {
  TrainingCell cell_of;
  cell_of.kind = ModelKind::absolute_value;
  cell_of.features = uniform_features(3, 0.5);
  cell_of.features.values = ActiveValue::signed_uniform;
  cell_of.hidden = 6;
  cell_of.starts = context.choose<std::size_t>(32, 256);
  cell_of.steps = context.choose<std::size_t>(10'000, 30'000);
  cell_of.learning_rate = 1e-2;
  cell_of.seed = context.seed;
  const auto trained = train_cells(context.store, "abs-small", {cell_of}, context.threads);
  if (!trained) return std::nullopt;
  const ToyModel& model = trained->front().best;
  // abs(x) = ReLU(x) + ReLU(−x): each feature has a neuron for either sign, w_in w_out = 1.
  double worst_product = 0.0;
  std::size_t one_feature = 0;
  std::vector<int> signs(3, 0);
  for (const Neuron& neuron : describe_neurons(model.W))
    one_feature += neuron.kind == NeuronClass::monosemantic;
  for (Eigen::Index a = 0; a < 6; ++a) {
    Eigen::Index i = 0;
    model.W.row(a).cwiseAbs().maxCoeff(&i);
    worst_product = std::max(worst_product, std::abs(std::abs(model.W(a, i)) * model.W_out(i, a) - 1.0));
    signs[std::size_t(i)] += model.W(a, i) > 0.0 ? 1 : 100;
  }
  const bool both_signs = std::all_of(signs.begin(), signs.end(), [](int count) { return count == 101; });
  const double one_sparse = hidden_relu_one_sparse_loss(model, trained->front().features.importance).total();
  write_cells(context.folder, *trained);
  write_csv(context.folder / "neurons.csv", neuron_table(*trained));
  draw_stacks(context.folder / "abs-small",
              "{/:Italic y} = |{/:Italic x}|, {/:Italic n} = 3, {/:Italic m} = 6",
              {{"weights into each neuron", model.W}, {"weights out of it", model.W_out.transpose()}}, 2);
  write_caption(
      context.folder / "abs-small", context,
      fmt::format("The best of {} starts of y' = ReLU(W_out ReLU(Wx) + b) on y = |x|, features {} of density "
                  "0.5.",
                  cell_of.starts, describe_law(cell_of.features)));
  return std::vector<Check>{judge("abs-small/one-feature", double(one_feature)),
                            judge("abs-small/both-signs", both_signs ? "yes" : "no"),
                            judge("abs-small/product", 1.0 + worst_product),
                            judge("abs-small/one-sparse", one_sparse / 3.0)};
}

std::optional<std::vector<Check>> run_abs_large(const ExperimentContext& context) {
  TrainingCell like;
  like.kind = ModelKind::absolute_value;
  like.features = uniform_features(100, 1.0);
  like.features.values = ActiveValue::signed_uniform;
  like.hidden = 40;
  like.starts = context.choose<std::size_t>(1, 8);
  like.steps = context.choose<std::size_t>(6'000, 50'000);
  like.batch = context.choose<std::size_t>(512, 1024);
  const auto trained =
      train_by_density(context, "abs-large", like, 0.8, {1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001});
  if (!trained) return std::nullopt;
  Series monosemantic{"monosemantic", {}, SeriesStyle::line_and_points, 0};
  Series polysemantic{"polysemantic", {}, SeriesStyle::line_and_points, 3};
  Series represented{"features computed", {}, SeriesStyle::line_and_points, 2};
  std::vector<double> features_computed;
  for (const TrainedCell& one : *trained) {
    const double density = one.features.density[0];
    const NeuronCount count = count_neurons(one.best.W);
    // A feature is computed where its own circuit, alone, explains half of the variance 1/12 of |x| (exact
    // L_1).
    const Eigen::VectorXd ones = Eigen::VectorXd::Ones(one.best.features());
    const Eigen::VectorXd errors = hidden_relu_one_sparse_loss(one.best, ones).feature_benefit;
    const auto computed = double((errors.array() < 1.0 / 24.0).count());
    monosemantic.points.emplace_back(density, double(count.monosemantic));
    polysemantic.points.emplace_back(density, double(count.polysemantic));
    represented.points.emplace_back(density, computed);
    features_computed.push_back(computed);
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "neurons.csv", neuron_table(*trained));
  draw_stacks(
      context.folder / "abs-large",
      "{/:Italic y} = |{/:Italic x}|, {/:Italic n} = 100, {/:Italic m} = 40, {/:Italic I} = 0.8^i: weights "
      "into each neuron",
      stack_panels(*trained));
  SeriesPanel panel{"neurons and features", "density", "count", {monosemantic, polysemantic, represented}};
  panel.x_scale = AxisScale::logarithmic;
  panel.y_range = "[0:*]";
  panel.levels = {{40.0, "{/:Italic m}"}};
  draw_series(context.folder / "abs-large-counts",
              "Computation in superposition, {/:Italic n} = 100, {/:Italic m} = 40", {panel});
  write_caption(
      context.folder / "abs-large", context,
      fmt::format("The best of {} starts of y' = ReLU(W_out ReLU(Wx) + b) on y = |x|, {} steps, features {}.",
                  like.starts, like.steps, describe_law(trained->front().features)));
  return std::vector<Check>{
      judge("abs-large/dense", count_neurons(trained->front().best.W).monosemantic_share()),
      judge("abs-large/sparse", count_neurons((*trained)[5].best.W).monosemantic_share()),
      judge("abs-large/more-than-half",
            *std::max_element(features_computed.begin(), features_computed.end()))};
}

/// The strongest case of one large and one small weight into a neuron, with an inhibiting weight out to the
/// feature whose weight is small.
struct Inhibition {
  double large = 0.0;
  double small = 0.0;
  double out = 0.0;  ///< weight to the output of the small one; below 0: inhibiting
};

std::vector<Inhibition> find_inhibition(const ToyModel& model) {
  std::vector<Inhibition> cases;
  for (Eigen::Index a = 0; a < model.hidden(); ++a) {
    Eigen::Index large = 0;
    const double top = model.W.row(a).cwiseAbs().maxCoeff(&large);
    for (Eigen::Index i = 0; i < model.features(); ++i) {
      const double small = std::abs(model.W(a, i));
      if (i != large && small > 0.1 * top && small < 0.75 * top && model.W_out(i, a) < -0.05) {
        cases.push_back({top, small, model.W_out(i, a)});
      }
    }
  }
  return cases;
}

std::optional<std::vector<Check>> run_asymmetric(const ExperimentContext& context) {
  TrainingCell like;
  like.kind = ModelKind::absolute_value;
  like.features = uniform_features(6, 1.0);
  like.features.values = ActiveValue::signed_uniform;
  like.hidden = 8;
  like.starts = context.choose<std::size_t>(16, 200);
  like.steps = context.choose<std::size_t>(10'000, 30'000);
  const auto trained = train_by_density(context, "asymmetric", like, 0.8, {0.3, 0.1, 0.03, 0.01});
  if (!trained) return std::nullopt;
  std::vector<StackPanel> panels;
  Table table{{"density", "weight_in_large", "weight_in_small", "weight_out_of_the_small"}, {}};
  std::size_t cases = 0;
  for (const TrainedCell& one : *trained) {
    panels.push_back({fmt::format("into neurons, density {:.3g}", one.features.density[0]), one.best.W});
    for (const Inhibition& found : find_inhibition(one.best)) {
      ++cases;
      table.add_row({cell(one.features.density[0]), cell(found.large), cell(found.small), cell(found.out)});
    }
  }
  for (const TrainedCell& one : *trained) {
    panels.push_back(
        {fmt::format("out of neurons, density {:.3g}", one.features.density[0]), one.best.W_out.transpose()});
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "asymmetric.csv", table);
  draw_stacks(context.folder / "asymmetric",
              "Asymmetric superposition: {/:Italic y} = |{/:Italic x}|, {/:Italic n} = 6, {/:Italic m} = 8",
              panels);
  write_caption(
      context.folder / "asymmetric", context,
      fmt::format("Six absolute values in eight neurons, the best of {} starts a density, features {}: a "
                  "neuron with one large and one small weight in disturbs the feature of the small one; a "
                  "negative weight out (inhibition) repairs it.",
                  like.starts, describe_law(trained->front().features)));
  // The loss of four features with two neurons each and two left out.
  const TrainedCell& sparsest = trained->back();
  double left_out = 0.0;
  for (Eigen::Index i = 4; i < 6; ++i) {
    const double p = sparsest.features.density[i];
    left_out += sparsest.features.importance[i] * feature_variance(Law{}, p);
  }
  return std::vector<Check>{judge("asymmetric/inhibition", double(cases)),
                            judge("asymmetric/loss", sparsest.loss / left_out)};
}

}  // namespace

std::vector<CatalogEntry> neuron_experiments() {
  return {{"privileged", "a ReLU in the hidden layer: from monosemantic to polysemantic neurons",
           &run_privileged},
          {"abs-small", "y = abs(x) with two neurons a feature", &run_abs_small},
          {"abs-large", "y = abs(x) for 100 features in 40 neurons", &run_abs_large},
          {"asymmetric", "asymmetric superposition with inhibition", &run_asymmetric}};
}

}  // namespace digon
