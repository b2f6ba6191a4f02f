#include "program/experiments/beside_optimum.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/interrupt.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/neuron_count.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum_record.hpp"

namespace digon {
namespace {

/// E t² − (E t)² of every feature.
Eigen::VectorXd target_variances(ModelKind kind, const FeatureDistribution& features) {
  const ActiveValue values = features.values;
  const double mean_square =
      (values.least * values.least + values.least * values.greatest + values.greatest * values.greatest) /
      3.0;
  return mean_square * features.density - mean_targets(kind, features).cwiseAbs2();
}

Table optimum_table(const Results& results) {
  Table table{{"density", "loss", "loss_error", "lowest_known", "lowest_known_error", "relative_gap",
               "own_neurons", "monosemantic_share", "monosemantic_share_of_lowest"},
              {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const BesideOptimum& beside = beside_optima(results)[k];
    table.add_row({text_of(results.points[k].density()), text_of(beside.trained.loss),
                   text_of(beside.trained.error), text_of(beside.lowest.loss), text_of(beside.lowest.error),
                   text_of(beside.gap()), text_of(beside.own_neurons),
                   text_of(count_neurons(results.points[k].trained.best).monosemantic_share()),
                   text_of(count_neurons(beside.best).monosemantic_share())});
  }
  return table;
}

Table starts_table(const Results& results) {
  Table table{{"density", "start", "loss", "relative_gap"}, {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const TrainedCell& trained = results.points[k].trained;
    const BesideOptimum& beside = beside_optima(results)[k];
    for (std::size_t start = 0; start < trained.losses.size(); ++start) {
      const double loss = beside.trained.loss + (trained.losses[start] - trained.loss);
      table.add_row({text_of(results.points[k].density()), text_of(start), text_of(loss),
                     text_of(loss / beside.lowest.loss - 1.0)});
    }
  }
  return table;
}

}  // namespace

double loss_with_own_neurons(ModelKind kind, const FeatureDistribution& features, Eigen::Index hidden) {
  const bool both_signs = features.values.least < 0.0;
  Eigen::VectorXd left = features.importance.cwiseProduct(target_variances(kind, features));
  std::sort(left.begin(), left.end());
  const Eigen::Index answered = std::min(left.size(), both_signs ? hidden / 2 : hidden);
  return left.head(left.size() - answered).sum();
}

BesideOptima put_beside_optima(const Results& results, double relative_tolerance) {
  BesideOptima all;
  const HiddenReluLossOptions options{.relative_tolerance = relative_tolerance,
                                      .most_samples = 1U << 21,
                                      .seed = 1,  // one for all
                                      .threads = results.context.threads};
  for (const Point& point : results.points) {
    const ToyModel& trained = point.trained.best;
    const HiddenReluLoss loss = hidden_relu_loss(trained, point.cell.features, options);
    BesideOptimum beside{loss, trained, loss,
                         loss_with_own_neurons(trained.kind, point.cell.features, point.cell.hidden)};
    const auto offer = [&](const ToyModel& model) {
      throw_if_interrupted();
      const HiddenReluLoss stated = hidden_relu_loss(model, point.cell.features, options);
      if (stated.loss >= beside.lowest.loss) return;
      beside.best = model;
      beside.lowest = stated;
    };
    if (point.optimum) offer(point.optimum->model);
    const RecordedOptimum* recorded =
        find_recorded(recorded_optima(), point.cell.features, point.cell.hidden, trained.kind);
    if (recorded != nullptr) offer(recorded->model);
    all.at.push_back(std::move(beside));
  }
  return all;
}

const std::vector<BesideOptimum>& beside_optima(const Results& results) {
  return results.found_as<BesideOptima>().at;
}

std::vector<TableFile> beside_optimum_tables() {
  return {{"optimum", optimum_table}, {"starts", starts_table}};
}

double greatest_gap(const Results& results) {
  double greatest = 0.0;
  for (const BesideOptimum& beside : beside_optima(results)) greatest = std::max(greatest, beside.gap());
  return greatest;
}

double greatest_gap_of_zero(const Results& results) {
  double greatest = 0.0;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const double zero = zero_model_loss(results.points[k].trained.features);
    greatest = std::max(greatest, zero / beside_optima(results)[k].lowest.loss - 1.0);
  }
  return greatest;
}

namespace {

template <typename Loss>
double density_of_sharing_of(const Results& results, Loss loss) {
  double greatest = 0.0;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const BesideOptimum& beside = beside_optima(results)[k];
    if (loss(beside) < 0.999 * beside.own_neurons) {
      greatest = std::max(greatest, results.points[k].density());
    }
  }
  return greatest;
}

}  // namespace

double density_of_sharing(const Results& results) {
  return density_of_sharing_of(results, [](const BesideOptimum& beside) { return beside.lowest.loss; });
}

double density_of_sharing_of_own_neurons(const Results& results) {
  return density_of_sharing_of(results, [](const BesideOptimum& beside) { return beside.own_neurons; });
}

void draw_beside_optimum(const std::filesystem::path& path, const Results& results) {
  Series trained{"best start", {}, SeriesStyle::line_and_points, 1};
  Series lowest{"lowest known", {}, SeriesStyle::line_and_points, 0};
  Series share_trained = trained;
  Series share_lowest = lowest;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const BesideOptimum& beside = beside_optima(results)[k];
    const double p = results.points[k].density();
    trained.points.emplace_back(p, beside.trained.loss / beside.own_neurons);
    lowest.points.emplace_back(p, beside.lowest.loss / beside.own_neurons);
    share_trained.points.emplace_back(p, count_neurons(results.points[k].trained.best).monosemantic_share());
    share_lowest.points.emplace_back(p, count_neurons(beside.best).monosemantic_share());
  }
  SeriesPanel losses{"loss over that of neurons of their own", "density", "ratio", {trained, lowest}};
  losses.x_scale = losses.y_scale = AxisScale::logarithmic;
  SeriesPanel shares{"share of monosemantic neurons", "density", "share", {share_trained, share_lowest}};
  shares.x_scale = AxisScale::logarithmic;
  shares.y_range = "[-0.05:1.1]";
  draw_series(path, "Beside the lowest loss known, " + results.size(), {losses, shares}, 2);
}

}  // namespace digon
