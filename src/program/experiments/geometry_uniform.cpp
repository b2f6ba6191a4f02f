// The geometry of uniform superposition, elhage2022 §4: D* and every D_i against sparsity, and what the best
// product of polytopes could do.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/algebra/products.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/represented.hpp"
#include "plots/feature_graph_figure.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/law/law.hpp"

namespace digon::experiments {
namespace {

TrainingCell geometry_uniform_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = uniform_features(400, setting.at[0]);
  cell.hidden = 30;
  cell.starts = 1;
  cell.steps = setting.choose(1'500, 15'000);
  cell.batch = setting.choose(512, 1024);
  cell.learning_rate = setting.choose(8e-3, 3e-3);
  return cell;
}

double inverse_density(const Point& point) {
  return 1.0 / point.x();
}

// What polytopes could do.

/// A polytope of so many features in so few dimensions; orthogonal ones do not disturb each other.
struct Polytope {
  const char* name;
  Eigen::Index points;
  Eigen::Index dimension;
};
constexpr std::array polytopes{Polytope{"dedicated", 1, 1},  Polytope{"digon", 2, 1},
                               Polytope{"triangle", 3, 2},   Polytope{"tetrahedron", 4, 3},
                               Polytope{"pentagon", 5, 2},   Polytope{"hexagon", 6, 2},
                               Polytope{"octahedron", 6, 3}, Polytope{"square antiprism", 8, 3}};
constexpr std::size_t polytope_starts = 6;

/// What the exact theory expects of equal features at one density: the loss that the best polytope saves for
/// each dimension it takes, against leaving its features out.
struct PolytopePrediction {
  const Polytope* best = nullptr;
  double gain_per_dimension = 0.0;
  std::vector<double> gains;  ///< of each polytope
};
using PolytopePredictions = std::vector<PolytopePrediction>;  // one a point

/// The loss of a feature left out, with the best bias p/2.
double absent_loss(double density) {
  return feature_variance(Law{}, density);
}

std::any predict_polytopes(const Results& results) {
  const ExperimentContext& context = results.context;
  std::vector<OptimumCell> cells;
  for (const Point& point : results.points) {
    for (const Polytope& polytope : polytopes) {
      cells.push_back(
          {uniform_features(polytope.points, point.x()), polytope.dimension, polytope_starts, context.seed});
    }
  }
  const std::vector<Descent> optima =
      find_optima(context.store, "polytopes by exact loss", cells, context.threads);
  PolytopePredictions predictions;
  for (std::size_t d = 0; d < results.points.size(); ++d) {
    PolytopePrediction& prediction = predictions.emplace_back();
    for (std::size_t k = 0; k < polytopes.size(); ++k) {
      const double saved = double(polytopes[k].points) * absent_loss(results.points[d].x()) -
                           optima[d * polytopes.size() + k].loss;
      prediction.gains.push_back(saved / double(polytopes[k].dimension));
      if (prediction.gains.back() > prediction.gain_per_dimension * (1.0 + 1e-9)) {
        prediction.best = &polytopes[k];
        prediction.gain_per_dimension = prediction.gains.back();
      }
    }
  }
  return predictions;
}

/// Losses in units of that of no feature represented.
struct Losses {
  double product = 0.0;  ///< of the best product of polytopes
  double trained = 0.0;
};

Losses losses_of(const Point& point, const PolytopePrediction& prediction) {
  const double nothing = double(point.cell.features.features()) * absent_loss(point.x());
  return {1.0 - double(point.cell.hidden) * prediction.gain_per_dimension / nothing,
          point.trained.loss / nothing};
}

/// How far trained models are above the best product, at most. Dense models of this size are far from
/// converged: any start drives all outputs at once, and Adam takes more than 10,000 steps to settle the mean.
double worst_above_product(const Results& results, bool of_nothing) {
  double worst = -1.0;
  for (std::size_t d = 0; d < results.points.size(); ++d) {
    if (results.points[d].x() > 0.5) continue;
    const Losses losses = losses_of(results.points[d], results.found_as<PolytopePredictions>()[d]);
    worst = std::max(worst, (of_nothing ? 1.0 : losses.trained) / losses.product - 1.0);
  }
  return worst;
}

Table polytope_table(const Results& results) {
  Table table{{"inverse_density", "polytope", "gain_per_dimension", "best"}, {}};
  for (std::size_t d = 0; d < results.points.size(); ++d) {
    const PolytopePrediction& prediction = results.found_as<PolytopePredictions>()[d];
    for (std::size_t k = 0; k < polytopes.size(); ++k) {
      table.add_row({text_of(inverse_density(results.points[d])), polytopes[k].name,
                     text_of(prediction.gains[k]), prediction.best == &polytopes[k] ? "1" : "0"});
    }
  }
  return table;
}

// The geometry of trained models.

std::map<std::string, std::size_t> count_names(const std::vector<GeometryComponent>& components) {
  std::map<std::string, std::size_t> counts;
  for (const GeometryComponent& component : components) ++counts[component.name];
  return counts;
}

Table component_table(const Results& results) {
  Table table{{"inverse_density", "component", "count"}, {}};
  for (const Point& point : results.points) {
    for (const auto& [name, number] : count_names(describe_geometry(point.W()).components)) {
      table.add_row({text_of(inverse_density(point)), name, text_of(number)});
    }
  }
  return table;
}

Table feature_table(const Results& results) {
  Table table{{"inverse_density", "feature", "norm", "feature_dimensionality"}, {}};
  for (const Point& point : results.points) {
    const FeatureGeometry geometry = feature_geometry(point.W());
    for (Eigen::Index i = 0; i < geometry.norm.size(); ++i) {
      table.add_row({text_of(inverse_density(point)), text_of(std::size_t(i)), text_of(geometry.norm[i]),
                     text_of(geometry.dimensionality[i])});
    }
  }
  return table;
}

double dimensions_per_feature(const Point& point) {
  return feature_geometry(point.W()).dimensions_per_feature;
}

double capacity(const Point& point) {
  return feature_geometry(point.W()).dimensionality.sum();
}

double represented_by(const Point& point) {
  return double(represented_features(point.W()).size());
}

/// Densities whose D* is within 0.05 of 1/2; of a D* that falls evenly from the first density's, 1 at most,
/// to the last's instead.
double densities_at_the_plateau(const Results& results, bool evenly) {
  const std::size_t count = results.points.size();
  const double first = std::min(1.0, dimensions_per_feature(results.points.front()));
  const double last = dimensions_per_feature(results.points.back());
  double at_the_plateau = 0.0;
  for (std::size_t k = 0; k < count; ++k) {
    const double on_the_line = first + (last - first) * double(k) / double(count - 1);
    const double value = evenly ? on_the_line : dimensions_per_feature(results.points[k]);
    at_the_plateau += std::abs(value - 0.5) < 0.05;
  }
  return at_the_plateau;
}

/// m times (Ŵ_i·Ŵ_j)², averaged over the pairs i ≠ j of represented features.
double overlap(const Point& point) {
  const std::vector<Eigen::Index> kept = represented_features(point.W());
  const Eigen::MatrixXd unit = point.W()(Eigen::all, kept).colwise().normalized();
  const auto k = double(kept.size());
  return double(point.cell.hidden) * (gram(unit).squaredNorm() - k) / (k * (k - 1.0));
}

/// The point whose 1/(1 − S) is nearest to that.
const Point& nearest(const Results& results, double inverse) {
  const auto distance = [&](const Point& point) { return std::abs(std::log(inverse * point.x())); };
  return *std::min_element(results.points.begin(), results.points.end(),
                           [&](const Point& a, const Point& b) { return distance(a) < distance(b); });
}

// Figures.

void draw_geometry_uniform(const std::filesystem::path& path, const Results& results) {
  Series dots{"{/:Italic D_i} of a represented feature", {}, SeriesStyle::points, 5, 0.3};
  Series average{"{/:Italic D}* = {/:Italic m}/‖{/:Italic W}‖_F^2", {}, SeriesStyle::line_and_points, 3};
  Series product{"best product of polytopes", {}, SeriesStyle::line, 0};
  Series trained{"trained", {}, SeriesStyle::points, 3, 0.7};
  for (std::size_t d = 0; d < results.points.size(); ++d) {
    const Point& point = results.points[d];
    const double x = inverse_density(point);
    const FeatureGeometry geometry = feature_geometry(point.W());
    for (Eigen::Index i = 0; i < geometry.norm.size(); ++i) {
      if (geometry.norm[i] <= represented_norm) continue;
      dots.points.emplace_back(x, geometry.dimensionality[i]);
      dots.notes.push_back(fmt::format("feature {}, norm {:.3f}", i, geometry.norm[i]));
    }
    average.points.emplace_back(x, geometry.dimensions_per_feature);
    const Losses losses = losses_of(point, results.found_as<PolytopePredictions>()[d]);
    product.points.emplace_back(x, losses.product);
    trained.points.emplace_back(x, losses.trained);
  }
  const std::string sparsity = "1/(1 − {/:Italic S})";
  SeriesPanel dimensions{"dimensions per feature", sparsity, "dimensionality", {dots, average}};
  dimensions.x_scale = AxisScale::logarithmic;
  dimensions.y_range = "[0:1.1]";
  dimensions.levels = {{1.0, "dedicated 1"}, {0.75, "tetrahedron 3/4"},   {2.0 / 3.0, "triangle 2/3"},
                       {0.5, "digon 1/2"},   {0.4, "pentagon 2/5", 0.25}, {0.375, "antiprism 3/8", -0.25}};
  SeriesPanel losses{"exact loss against what polytopes could do",
                     sparsity,
                     "loss / loss with no feature represented",
                     {product, trained}};
  losses.x_scale = AxisScale::logarithmic;
  draw_series(path, "Uniform superposition, " + results.size(), {dimensions, losses});
}

FeatureGraphPanel graph_of(const Point& point) {
  FeatureGraphPanel panel;
  panel.title = fmt::format("1/(1 − {{/:Italic S}}) = {:.3g}", inverse_density(point));
  panel.gram = gram(point.W());
  const Geometry geometry = describe_geometry(point.W());
  for (const GeometryComponent& component : geometry.components) panel.components.push_back(component.points);
  panel.subtitle = geometry.name;
  return panel;
}

void draw_graphs(const std::filesystem::path& path, const Results& results) {
  std::vector<FeatureGraphPanel> graphs;
  for (const double inverse : {2.0, 3.5, 5.5}) graphs.push_back(graph_of(nearest(results, inverse)));
  draw_feature_graphs(path, "Feature graphs, " + results.size(), graphs);
}

}  // namespace

Experiment geometry_uniform() {
  return {
      .id = "geometry-uniform",
      .summary = "400 uniform features in 30 dimensions: D* and every D_i against sparsity",
      .axes = {{"density", powers(100.0, 0.0, -1.0, 12), powers(100.0, 0.0, -1.0, 40)}},
      .cell = geometry_uniform_cell,
      .find = predict_polytopes,
      .tables =
          {{"features", feature_table},
           {"summary",
            a_row_a_point(
                {{"inverse_density", [](const Point& point) { return text_of(inverse_density(point)); }},
                 {"dimensions_per_feature",
                  [](const Point& point) { return text_of(dimensions_per_feature(point)); }},
                 {"total_dimensionality", [](const Point& point) { return text_of(capacity(point)); }},
                 {"represented",
                  [](const Point& point) { return text_of(represented_features(point.W()).size()); }}})},
           {"components", component_table},
           {"polytopes", polytope_table}},
      .figures =
          {{"geometry-uniform",
            fmt::format("Dimensions per feature of trained models, and their loss beside that of the best "
                        "product of polytopes; a dot is a feature of norm above {}.",
                        represented_norm),
            draw_geometry_uniform},
           {"feature-graphs",
            "Represented features, joined where their directions are not orthogonal, at three densities.",
            draw_graphs}},
      .measures = {
          {"dense", [](const Results& results) { return represented_by(results.points.front()); },
           [](const Results& results) { return represented_by(results.points.back()); }},
          {"plateau", [](const Results& results) { return densities_at_the_plateau(results, false); },
           [](const Results& results) { return densities_at_the_plateau(results, true); }},
          {"sparse", [](const Results& results) { return dimensions_per_feature(results.points.back()); },
           [](const Results& results) { return dimensions_per_feature(nearest(results, 3.0)); }},
          {"loss", [](const Results& results) { return worst_above_product(results, false); },
           [](const Results& results) { return worst_above_product(results, true); }},
          {"overlap", [](const Results& results) { return overlap(results.points.back()); },
           [](const Results& results) { return overlap(nearest(results, 3.0)); }}}};
}

}  // namespace digon::experiments
