// Published statements about training: samples that are memorised as a polygon; how far typical trainings of
// five features in two dimensions, and of forty in ten, are from the optimum.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/loss/data_loss.hpp"

namespace digon::experiments {
namespace {

FeatureDistribution law_of_samples(const Eigen::MatrixXd& x) {
  return with_data(uniform_features(x.rows(), 0.0),
                   std::make_shared<FeatureData>(FeatureData{x, "orthogonal samples"}));
}

/// The model that answers samples by the T-gon, l² = 1/(1 − cos(2π/T)), b = −cos(2π/T)/(1 − cos(2π/T)) in
/// each sample's direction: without loss where samples are orthogonal (henighan2023).
ToyModel polygon_of_samples(const Eigen::MatrixXd& x) {
  const auto T = double(x.cols());
  const double cosine = std::cos(2.0 * std::numbers::pi / T);
  ToyModel model{Eigen::MatrixXd::Zero(2, x.rows()), Eigen::VectorXd::Zero(x.rows())};
  for (Eigen::Index t = 0; t < x.cols(); ++t) {
    const double angle = 2.0 * std::numbers::pi * double(t) / T;
    const Eigen::Vector2d direction(std::cos(angle), std::sin(angle));
    model.W += direction * x.col(t).transpose() / std::sqrt(1.0 - cosine);
    model.b -= cosine / (1.0 - cosine) * x.col(t);
  }
  return model;
}

/// T samples of two features each that no other has; with longer weights the answers are wrong.
double polygon_loss_of(Eigen::Index T, double stretch) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(2 * T, T);
  for (Eigen::Index t = 0; t < T; ++t) x.col(t).segment(2 * t, 2) << 0.6, 0.8;
  ToyModel model = polygon_of_samples(x);
  model.W *= stretch;
  return data_loss(model, law_of_samples(x)).loss;
}

// Five features in two dimensions and forty in ten by AdamW.

TrainingCell adamw_cell(const Setting& setting) {
  const bool forty = setting.at[0] == 1.0;
  TrainingCell cell;
  cell.features = uniform_features(forty ? 40 : 5, 0.05);
  cell.hidden = forty ? 10 : 2;
  cell.starts = 1;
  cell.optimizer = OptimizerKind::adamw;
  cell.learning_rate = 5e-3;
  return cell;
}

double relative_excess(const Point& point) {
  return point.trained.loss / point.optimum.value().loss - 1.0;
}

/// The relative excesses of the trainings of so many features, ascending.
std::vector<double> excesses(const Results& results, Eigen::Index features) {
  std::vector<double> excess;
  for (const Point& point : results.points) {
    if (point.cell.features.features() == features) excess.push_back(relative_excess(point));
  }
  std::sort(excess.begin(), excess.end());
  return excess;
}

void draw_excesses(const std::filesystem::path& path, const Results& results) {
  constexpr double least_drawn = 1e-8;
  Series five{"5 in 2", {}, SeriesStyle::line_and_points, 0};
  Series forty{"40 in 10", {}, SeriesStyle::line_and_points, 1};
  for (Series* series : {&five, &forty}) {
    for (const double excess : excesses(results, series == &five ? 5 : 40)) {
      series->points.emplace_back(double(series->points.size() + 1), std::max(excess, least_drawn));
    }
  }
  SeriesPanel panel{"", "training, from the lowest loss", "loss / optimum − 1", {five, forty}};
  panel.y_scale = AxisScale::logarithmic;
  draw_series(path, "Trainings by AdamW at density 0.05", {panel});
}

}  // namespace

Experiment published_training() {
  return {
      .suite = Suite::published,
      .id = "published-training",
      .summary = "Samples memorised as a polygon; trainings of five and of forty features beside the optimum",
      .axes = {named_axis("size", {"5 in 2", "40 in 10"}), start_axis(4, 32)},
      .cell = adamw_cell,
      .optimum_starts = Starts{8, 64},
      .tables = {{"adamw",
                  a_row_a_point(
                      {{"size", [](const Point& point) { return point.setting.names[0]; }},
                       {"loss", [](const Point& point) { return text_of(point.trained.loss); }},
                       {"optimum", [](const Point& point) { return text_of(point.optimum.value().loss); }},
                       {"excess", [](const Point& point) { return text_of(relative_excess(point)); }}})}},
      .figures = {{"published-training",
                   "How far trainings by AdamW end above the optimum, relative, in order; what is nearer "
                   "than 1e-8 is "
                   "drawn there.",
                   draw_excesses}},
      .measures = {
          {"polygons",
           [](const Results&) {
             double greatest = 0.0;
             for (const Eigen::Index T : {5, 6, 10, 100})
               greatest = std::max(greatest, polygon_loss_of(T, 1.0));
             return greatest;
           },
           [](const Results&) { return polygon_loss_of(5, 1.01); }},
          {"five-features", [](const Results& results) { return excesses(results, 5).back(); },
           [](const Results& results) { return results.points.front().excess_of_zero(); }},
          {"forty-features", [](const Results& results) { return excesses(results, 40).back(); },
           [](const Results& results) { return results.points.back().excess_of_zero(); }},
      }};
}

}  // namespace digon::experiments
