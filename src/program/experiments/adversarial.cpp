// Adversarial vulnerability against density, with features per dimension, elhage2022 §8.
#include <algorithm>

#include "geometry/feature_dimensionality.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "sweep/kinds/attack_cell.hpp"

namespace digon::experiments {
namespace {

TrainingCell adversarial_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = uniform_features(100, setting.at[0]);
  cell.hidden = 20;
  cell.starts = 1;
  cell.steps = setting.choose(4'000, 20'000);
  cell.batch = setting.choose(512, 1024);
  return cell;
}

using Attacked = std::vector<AttackedModel>;  // one a point

std::any attack(const Results& results) {
  std::vector<AttackCell> cells;
  for (const Point& point : results.points) {
    cells.push_back({point.trained.best, point.trained.features, sweep_cell(point.cell).settings,
                     point.setting.choose<std::size_t>(256, 2048), results.context.seed});
  }
  return attack_models(results.context.store, cells, results.context.threads);
}

double features_per_dimension(const Point& point) {
  return 1.0 / feature_geometry(point.W()).dimensions_per_feature;
}

Table attack_table(const Results& results) {
  Table table{{"inverse_density", "features_per_dimension", "relative_vulnerability", "increase",
               "increase_by_jacobian", "clean_loss"},
              {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const Point& point = results.points[k];
    const AttackedModel& attacked = results.found_as<Attacked>()[k];
    table.add_row({text_of(1.0 / point.x()), text_of(features_per_dimension(point)),
                   text_of(attacked.relative), text_of(attacked.increase), text_of(attacked.by_jacobian),
                   text_of(attacked.clean)});
  }
  return table;
}

void draw_adversarial(const std::filesystem::path& path, const Results& results) {
  Series vulnerable{"vulnerability, relative to no superposition", {}, SeriesStyle::line_and_points, 3};
  Series by_jacobian{"the Jacobian's prediction of it", {}, SeriesStyle::line_and_points, 6};
  Series features{"features per dimension 1/{/:Italic D}*", {}, SeriesStyle::line_and_points, 0};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const double x = 1.0 / results.points[k].x();
    const AttackedModel& attacked = results.found_as<Attacked>()[k];
    vulnerable.points.emplace_back(x, attacked.relative);
    by_jacobian.points.emplace_back(x, attacked.relative * attacked.by_jacobian / attacked.increase);
    features.points.emplace_back(x, features_per_dimension(results.points[k]));
  }
  SeriesPanel panel{"an attack of a tenth of the inputs' norm",
                    "1/(1 − {/:Italic S})",
                    "ratio",
                    {vulnerable, by_jacobian, features}};
  panel.x_scale = AxisScale::logarithmic;
  panel.y_range = "[0:*]";
  draw_series(path, "Vulnerability and superposition, " + results.size(), {panel});
}

Eigen::VectorXd vulnerabilities(const Results& results) {
  Eigen::VectorXd values(Eigen::Index(results.points.size()));
  for (Eigen::Index k = 0; k < values.size(); ++k) {
    values[k] = results.found_as<Attacked>()[std::size_t(k)].relative;
  }
  return values;
}

double growth(const Results& results) {
  const Eigen::VectorXd values = vulnerabilities(results);
  return values.maxCoeff() / values.minCoeff();
}

/// The correlation of vulnerability and features per dimension; or those in reversed order.
double correlation(const Results& results, bool reversed) {
  Eigen::VectorXd features(Eigen::Index(results.points.size()));
  for (Eigen::Index k = 0; k < features.size(); ++k) {
    features[k] = features_per_dimension(results.points[std::size_t(k)]);
  }
  if (reversed) features.reverseInPlace();
  const auto centred = [](const Eigen::VectorXd& values) {
    return Eigen::VectorXd(values.array() - values.mean());
  };
  const Eigen::VectorXd a = centred(vulnerabilities(results));
  const Eigen::VectorXd b = centred(features);
  return a.dot(b) / (a.norm() * b.norm());
}

/// How far a prediction of the increase is from it, as a ratio above 1, at the worst density: the Jacobians'
/// at the inputs, or that of a model whose Jacobian is the identity.
double prediction_off_by(const Results& results, bool identity) {
  double greatest = 1.0;
  for (const AttackedModel& attacked : results.found_as<Attacked>()) {
    const double ratio = identity ? 1.0 / attacked.relative : attacked.by_jacobian / attacked.increase;
    greatest = std::max({greatest, ratio, 1.0 / ratio});
  }
  return greatest;
}

}  // namespace

Experiment adversarial() {
  return {.id = "adversarial",
          .summary = "vulnerability to attacks against density, with features per dimension",
          .axes = {settable_axis("density",
                                 {"density", powers(10.0, 0.0, -2.0, 9), powers(10.0, 0.0, -2.0, 20)})},
          .cell = adversarial_cell,
          .find = attack,
          .tables = {{"adversarial", attack_table}},
          .figures =
              {{"adversarial",
                "Increase of the loss under the strongest L2-bounded attack, in units of the increase of a "
                "model without superposition; what the Jacobian at each input predicts; features per "
                "dimension.",
                draw_adversarial}},
          .settable = {"features", "hidden"},
          .measures = {{"growth", growth, [](const Results& results) { return vulnerabilities(results)[0]; }},
                       {"together", [](const Results& results) { return correlation(results, false); },
                        [](const Results& results) { return correlation(results, true); }},
                       {"jacobian", [](const Results& results) { return prediction_off_by(results, false); },
                        [](const Results& results) { return prediction_off_by(results, true); }}}};
}

}  // namespace digon::experiments
