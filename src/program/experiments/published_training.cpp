// Published statements about training: samples that are memorised as a polygon, and when features are better;
// how far typical trainings of five features in two dimensions are from the optimum.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/base/interrupt.hpp"
#include "core/base/random.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/loss/data_loss.hpp"
#include "theory/optima/optimum.hpp"
#include "theory/optima/polygon.hpp"

namespace digon::experiments {
namespace {

// Memorisation at a fiftieth of the published size: n = 200, S = 0.98, so that as many features are on.

constexpr Eigen::Index memorising_features = 200;
constexpr double memorising_density = 0.02;

/// Samples of norm 1 [n×T]; one without a feature is drawn again.
Eigen::MatrixXd unit_samples(Eigen::Index count, std::uint64_t seed) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(memorising_features, count);
  const RandomStream stream{seed, Purpose::training_batch};
  std::uint64_t block = 0;
  for (Eigen::Index t = 0; t < count; ++t) {
    while (x.col(t).isZero()) {
      for (Eigen::Index i = 0; i < memorising_features; ++i) {
        const auto words = stream.block(block++);
        if (open_unit_interval(words[0], words[1]) < memorising_density)
          x(i, t) = open_unit_interval(words[2], words[3]);
      }
    }
    x.col(t).normalize();
  }
  return x;
}

FeatureDistribution law_of_samples(const Eigen::MatrixXd& x) {
  return with_data(uniform_features(x.rows(), 0.0),
                   std::make_shared<FeatureData>(FeatureData{x, "drawn samples"}));
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

/// The pentagon of the five features with most in the samples, the others absent.
ToyModel pentagon_of_features(const Eigen::MatrixXd& x) {
  std::vector<Eigen::Index> order(std::size_t(x.rows()));
  std::iota(order.begin(), order.end(), 0);
  const Eigen::VectorXd power = x.rowwise().squaredNorm();
  std::stable_sort(order.begin(), order.end(),
                   [&](Eigen::Index i, Eigen::Index j) { return power[i] > power[j]; });
  ToyModel model{Eigen::MatrixXd::Zero(2, x.rows()), x.rowwise().mean()};
  const ToyModel pentagon = regular_polygon(5, 1.17, -0.28);
  for (Eigen::Index k = 0; k < 5; ++k) {
    model.W.col(order[std::size_t(k)]) = pentagon.W.col(k);
    model.b[order[std::size_t(k)]] = pentagon.b[k];
  }
  return model;
}

/// What the descents from either arrangement end at, as shares of the loss of answering 0.
struct MemorisingRow {
  Eigen::Index samples = 0;
  double memorising = 0.0;
  double memorising_test = 0.0;
  double features = 0.0;
  double features_test = 0.0;
};

/// The lower of the descents from the polygon and from its directions alone, the longest column 1.2: samples
/// that share features make the polygon itself too long to leave.
Descent memorised(const Objective& objective, const Eigen::MatrixXd& x, const DescentOptions& options) {
  const ToyModel polygon = polygon_of_samples(x);
  ToyModel shorter = polygon;
  shorter.W *= 1.2 / polygon.W.colwise().norm().maxCoeff();
  shorter.b.setZero();
  const Descent from_polygon = descend(objective, polygon, options);
  const Descent from_shorter = descend(objective, shorter, options);
  return from_polygon.loss < from_shorter.loss ? from_polygon : from_shorter;
}

std::vector<MemorisingRow> memorising_rows(const ExperimentContext& context) {
  std::vector<Eigen::Index> sizes{5, 10, 20, 50, 100, 200, 500, 1000};
  if (context.preset == Preset::paper) sizes.insert(sizes.end(), {2000, 5000, 10'000});
  const Eigen::MatrixXd all = unit_samples(sizes.back(), derive_seed(context.seed, 1));
  const FeatureDistribution test = law_of_samples(unit_samples(2000, derive_seed(context.seed, 2)));
  DescentOptions descent;
  descent.steps = context.choose(300, 3000);
  std::vector<MemorisingRow> rows;
  for (const Eigen::Index T : sizes) {
    const Eigen::MatrixXd x = all.leftCols(T);
    const Objective objective = exact_objective(law_of_samples(x));
    const Descent memorising = memorised(objective, x, descent);
    throw_if_interrupted();
    const Descent features = descend(objective, pentagon_of_features(x), descent);
    throw_if_interrupted();
    rows.push_back({T, memorising.loss, data_loss(memorising.model, test).loss, features.loss,
                    data_loss(features.model, test).loss});
  }
  return rows;
}

using MemorisingRows = std::vector<MemorisingRow>;

Table memorising_table(const Results& results) {
  Table table{{"samples", "memorising_train", "memorising_test", "features_train", "features_test"}, {}};
  for (const MemorisingRow& row : results.found_as<MemorisingRows>()) {
    table.add_row({text_of(std::size_t(row.samples)), text_of(row.memorising), text_of(row.memorising_test),
                   text_of(row.features), text_of(row.features_test)});
  }
  return table;
}

void draw_memorising(const std::filesystem::path& path, const Results& results) {
  std::vector<Series> train{{"from the samples' polygon", {}, SeriesStyle::line_and_points, 0},
                            {"from the pentagon of features", {}, SeriesStyle::line_and_points, 1}};
  std::vector<Series> test = train;
  for (const MemorisingRow& row : results.found_as<MemorisingRows>()) {
    const auto T = double(row.samples);
    train[0].points.emplace_back(T, row.memorising);
    train[1].points.emplace_back(T, row.features);
    test[0].points.emplace_back(T, row.memorising_test);
    test[1].points.emplace_back(T, row.features_test);
  }
  draw_series(path, "200 features in two dimensions, S = 0.98, samples of norm 1",
              {{"Loss of the samples", "samples", "loss", train, AxisScale::logarithmic},
               {"Loss of others", "samples", "loss", test, AxisScale::logarithmic, AxisScale::logarithmic}},
              2);
}

/// 0 where memorising is still better with the most samples.
double crossing(const Results& results, double MemorisingRow::*one, double MemorisingRow::*other) {
  for (const MemorisingRow& row : results.found_as<MemorisingRows>()) {
    if (row.*one < row.*other) return double(row.samples);
  }
  return 0.0;
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

}  // namespace

Experiment published_training() {
  return {
      .suite = Suite::published,
      .id = "published-training",
      .summary =
          "Memorised samples and features at reduced size; trainings of five and of forty features beside "
          "the optimum",
      .axes = {named_axis("size", {"5 in 2", "40 in 10"}), start_axis(4, 32)},
      .cell = adamw_cell,
      .optimum_starts = Starts{8, 64},
      .find = [](const Results& results) -> std::any { return memorising_rows(results.context); },
      .tables = {{"memorising", memorising_table},
                 {"adamw",
                  a_row_a_point(
                      {{"size", [](const Point& point) { return point.setting.names[0]; }},
                       {"loss", [](const Point& point) { return text_of(point.trained.loss); }},
                       {"optimum", [](const Point& point) { return text_of(point.optimum.value().loss); }},
                       {"excess", [](const Point& point) { return text_of(relative_excess(point)); }}})}},
      .figures =
          {{"published-training",
            "Training and test loss of what full-batch descents end at, from the polygon that memorises "
            "the samples and from the pentagon of five features, against the number of samples.",
            draw_memorising}},
      .measures = {
          {"polygons",
           [](const Results&) {
             double greatest = 0.0;
             for (const Eigen::Index T : {5, 6, 10, 100})
               greatest = std::max(greatest, polygon_loss_of(T, 1.0));
             return greatest;
           },
           [](const Results&) { return polygon_loss_of(5, 1.01); }},
          {"crossing",
           [](const Results& results) {
             return crossing(results, &MemorisingRow::features, &MemorisingRow::memorising);
           },
           [](const Results& results) {
             return crossing(results, &MemorisingRow::memorising, &MemorisingRow::features);
           }},
          {"test-crossing",
           [](const Results& results) {
             return crossing(results, &MemorisingRow::features_test, &MemorisingRow::memorising_test);
           },
           [](const Results& results) {
             return crossing(results, &MemorisingRow::features, &MemorisingRow::features_test);
           }},
          {"five-features", [](const Results& results) { return excesses(results, 5).back(); },
           [](const Results& results) { return results.points.front().excess_of_zero(); }},
          {"forty-features", [](const Results& results) { return excesses(results, 40).back(); },
           [](const Results& results) { return results.points.back().excess_of_zero(); }},
      }};
}

}  // namespace digon::experiments
