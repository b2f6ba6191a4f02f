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
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_graph.hpp"
#include "sweep/kinds/descent_cell.hpp"
#include "theory/law/law.hpp"

namespace digon::experiments {
namespace {

/// 1 at 1/(1 − S) = 1, and more densely where the polytopes are.
std::vector<double> densities(const std::vector<double>& inverse) {
  std::vector<double> density;
  for (const double one : inverse) density.push_back(1.0 / one);
  return density;
}

std::vector<double> paper_inverse_densities() {
  std::vector<double> inverse{1.0, 1.1, 1.2};
  for (int k = 0; k < 32; ++k) inverse.push_back(1.3 * std::pow(6.0 / 1.3, k / 31.0));
  for (int k = 1; k <= 25; ++k) inverse.push_back(6.0 * std::pow(100.0 / 6.0, k / 25.0));
  return inverse;
}

TrainingCell geometry_uniform_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = uniform_features(400, setting.at[0]);
  cell.hidden = 30;
  cell.starts = 1;
  cell.steps = setting.choose(1'500, 3'000);
  cell.batch = setting.choose(512, 1024);
  cell.learning_rate = setting.choose(8e-3, 3e-3);
  // Of dense inputs the sums Σ_i W_i·W_j E x_i differ more from output to output than from input to input:
  // from weights of Xavier's size every tenth output is hardly ever on at first, and dies. From smaller ones
  // the biases outgrow them in time.
  if (setting.at[0] > 0.7) cell.start_scale = 0.3;
  return cell;
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

/// What is known of one density.
struct Density {
  double inverse = 0.0;  ///< 1/(1 − S)
  const Point* point = nullptr;
  PolytopePrediction polytopes;
  /// Where the exact descent from the trained model ends: training alone is far from any minimum here, in
  /// dense features most of all.
  Descent converged;

  [[nodiscard]] const Eigen::MatrixXd& W() const { return converged.model.W; }
};
using Densities = std::vector<Density>;  // one a point

const Densities& densities_of(const Results& results) {
  return results.found_as<Densities>();
}

/// The loss of a feature left out, with the best bias p/2.
double absent_loss(double density) {
  return feature_variance(Law{}, density);
}

std::vector<PolytopePrediction> predict_polytopes(const Results& results) {
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
  std::vector<PolytopePrediction> predictions;
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

std::any find_densities(const Results& results) {
  const std::vector<PolytopePrediction> predicted = predict_polytopes(results);
  std::vector<DescentCell> cells;
  for (const Point& point : results.points) {
    DescentCell& cell = cells.emplace_back();
    cell.features = point.trained.features;
    cell.from = point.trained.best;
    cell.from_settings = sweep_cell(point.cell).settings;
    cell.steps = point.setting.choose(25, 500);
  }
  std::vector<Descent> ends =
      find_descents(results.context.store, results.id, cells, results.context.threads);
  Densities densities;
  for (std::size_t d = 0; d < results.points.size(); ++d) {
    const Point& point = results.points[d];
    densities.push_back({1.0 / point.x(), &point, predicted[d], std::move(ends[d])});
  }
  return densities;
}

/// Losses in units of that of no feature represented.
struct Losses {
  double product = 0.0;  ///< of the best product of polytopes
  double trained = 0.0;
  double converged = 0.0;
};

Losses losses_of(const Density& density) {
  const Point& point = *density.point;
  const double nothing = double(point.cell.features.features()) * absent_loss(point.x());
  return {1.0 - double(point.cell.hidden) * density.polytopes.gain_per_dimension / nothing,
          point.trained.loss / nothing, density.converged.loss / nothing};
}

/// How far models are above the best product of polytopes, at most, where 1/(1 − S) ≥ 2: the quick preset's
/// denser ones are not converged.
double worst_above_product(const Results& results, bool of_nothing) {
  double worst = -1.0;
  for (const Density& density : densities_of(results)) {
    if (density.inverse < 2.0) continue;
    const Losses losses = losses_of(density);
    worst = std::max(worst, (of_nothing ? 1.0 : losses.converged) / losses.product - 1.0);
  }
  return worst;
}

Table polytope_table(const Results& results) {
  Table table{{"inverse_density", "polytope", "gain_per_dimension", "best"}, {}};
  for (const Density& density : densities_of(results)) {
    for (std::size_t k = 0; k < polytopes.size(); ++k) {
      table.add_row({text_of(density.inverse), polytopes[k].name, text_of(density.polytopes.gains[k]),
                     density.polytopes.best == &polytopes[k] ? "1" : "0"});
    }
  }
  return table;
}

// The geometry of the converged models.

Table component_table(const Results& results) {
  Table table{{"inverse_density", "component", "count"}, {}};
  for (const Density& density : densities_of(results)) {
    std::map<std::string, std::size_t> counts;
    for (const GeometryComponent& component : describe_geometry(density.W()).components) {
      ++counts[component.name];
    }
    for (const auto& [name, number] : counts)
      table.add_row({text_of(density.inverse), name, text_of(number)});
  }
  return table;
}

Table feature_table(const Results& results) {
  Table table{{"inverse_density", "feature", "norm", "feature_dimensionality"}, {}};
  for (const Density& density : densities_of(results)) {
    const FeatureGeometry geometry = feature_geometry(density.W());
    for (Eigen::Index i = 0; i < geometry.norm.size(); ++i) {
      table.add_row({text_of(density.inverse), text_of(std::size_t(i)), text_of(geometry.norm[i]),
                     text_of(geometry.dimensionality[i])});
    }
  }
  return table;
}

double dimensions_per_feature(const Density& density) {
  return feature_geometry(density.W()).dimensions_per_feature;
}

double represented_by(const Density& density) {
  return double(represented_features(density.W()).size());
}

Table summary_table(const Results& results) {
  Table table{{"inverse_density", "dimensions_per_feature", "represented", "trained_loss", "converged_loss",
               "gradient_norm", "product_loss", "geometry"},
              {}};
  for (const Density& density : densities_of(results)) {
    const Losses losses = losses_of(density);
    table.add_row({text_of(density.inverse), text_of(dimensions_per_feature(density)),
                   text_of(represented_features(density.W()).size()), text_of(losses.trained),
                   text_of(losses.converged), text_of(density.converged.gradient_norm),
                   text_of(losses.product), describe_geometry(density.W()).name});
  }
  return table;
}

/// How far D* rests at 1/2: the largest over the least 1/(1 − S) at which it is within 0.02 of that, whatever
/// the densities tried. Or of a D* that falls evenly with log 1/(1 − S), from the first density's to the
/// last's.
double extent_of_plateau(const Results& results, bool evenly) {
  const Densities& all = densities_of(results);
  const double first = dimensions_per_feature(all.front());
  const double last = dimensions_per_feature(all.back());
  const double range = std::log(all.back().inverse / all.front().inverse);
  double begin = 0.0;
  double end = 0.0;
  for (const Density& density : all) {
    const double on_the_line =
        first + (last - first) * std::log(density.inverse / all.front().inverse) / range;
    const double value = evenly ? on_the_line : dimensions_per_feature(density);
    if (std::abs(value - 0.5) > 0.02) continue;
    if (begin == 0.0) begin = density.inverse;
    end = density.inverse;
  }
  return begin == 0.0 ? 1.0 : end / begin;
}

/// m times (Ŵ_i·Ŵ_j)², averaged over the pairs i ≠ j of represented features.
double overlap(const Eigen::MatrixXd& W) {
  const std::vector<Eigen::Index> kept = represented_features(W);
  const Eigen::MatrixXd unit = W(Eigen::all, kept).colwise().normalized();
  const auto k = double(kept.size());
  return double(W.rows()) * (gram(unit).squaredNorm() - k) / (k * (k - 1.0));
}

/// Where 1/(1 − S) is nearest to that.
const Density& nearest(const Results& results, double inverse) {
  const Densities& all = densities_of(results);
  const auto distance = [&](const Density& one) { return std::abs(std::log(inverse / one.inverse)); };
  return *std::min_element(all.begin(), all.end(),
                           [&](const Density& a, const Density& b) { return distance(a) < distance(b); });
}

// Figures.

/// How many represented features have each D_i, where polytopes are: 1/(1 − S) from 1.3 to 6.
SeriesPanel histogram_panel(const Results& results) {
  constexpr int bins = 56;  // around 0, 0.02, …: 1/2 is no edge
  constexpr double width = 0.02;
  std::vector<double> counts(bins, 0.0);
  for (const Density& density : densities_of(results)) {
    if (density.inverse < 1.3 || density.inverse > 6.0) continue;
    const FeatureGeometry geometry = feature_geometry(density.W());
    for (const Eigen::Index i : represented_features(density.W())) {
      ++counts[std::size_t(std::min(long(bins - 1), std::lround(geometry.dimensionality[i] / width)))];
    }
  }
  Series bars{"features", {}, SeriesStyle::bars, 0};
  for (int k = 0; k < bins; ++k) bars.points.emplace_back(width * k, counts[std::size_t(k)]);
  SeriesPanel panel{
      "all D_i from 1/(1 − {/:Italic S}) = 1.3 to 6", "{/:Italic D_i}", "represented features", {bars}};
  panel.y_range = "[0:*]";
  return panel;
}

void draw_geometry_uniform(const std::filesystem::path& path, const Results& results) {
  Series dots{"{/:Italic D_i} of a represented feature", {}, SeriesStyle::points, 5, 0.3};
  Series average{"{/:Italic D}* = {/:Italic m}/‖{/:Italic W}‖_F^2", {}, SeriesStyle::line_and_points, 3};
  Series product{"best product", {}, SeriesStyle::line, 0};
  Series trained{"trained", {}, SeriesStyle::points, 1, 0.5};
  Series converged{"converged", {}, SeriesStyle::points, 2, 0.5};
  for (const Density& density : densities_of(results)) {
    const FeatureGeometry geometry = feature_geometry(density.W());
    for (const Eigen::Index i : represented_features(density.W())) {
      dots.points.emplace_back(density.inverse, geometry.dimensionality[i]);
      dots.notes.push_back(fmt::format("feature {}, norm {:.3f}", i, geometry.norm[i]));
    }
    average.points.emplace_back(density.inverse, geometry.dimensions_per_feature);
    const Losses losses = losses_of(density);
    product.points.emplace_back(density.inverse, losses.product);
    trained.points.emplace_back(density.inverse, losses.trained);
    converged.points.emplace_back(density.inverse, losses.converged);
  }
  const std::string sparsity = "1/(1 − {/:Italic S})";
  SeriesPanel dimensions{"dimensions per feature", sparsity, "dimensionality", {dots, average}};
  dimensions.x_scale = AxisScale::logarithmic;
  dimensions.y_range = "[0:1.1]";
  dimensions.levels = polytope_levels();
  SeriesPanel losses{"exact loss against what polytopes could do",
                     sparsity,
                     "loss / loss with no feature represented",
                     {product, trained, converged}};
  losses.x_scale = AxisScale::logarithmic;
  draw_series(path, "Uniform superposition, " + results.size(),
              {dimensions, histogram_panel(results), losses});
}

void draw_graphs(const std::filesystem::path& path, const Results& results) {
  std::vector<FeatureGraphPanel> graphs;
  for (const double inverse : {1.5, 2.0, 3.5, 4.2, 5.0, 8.0}) {
    const Density& density = nearest(results, inverse);
    graphs.push_back(
        feature_graph(fmt::format("1/(1 − {{/:Italic S}}) = {:.3g}", density.inverse), density.W()));
  }
  draw_feature_graphs(path, "Feature graphs, " + results.size(), graphs);
}

}  // namespace

Experiment geometry_uniform() {
  return {
      .id = "geometry-uniform",
      .summary = "400 uniform features in 30 dimensions: D* and every D_i against sparsity",
      .axes = {settable_axis(
          "density", {"density", densities({1.0, 1.5, 2.0, 2.6, 3.0, 3.4, 3.8, 4.4, 5.0, 8.0, 20.0, 100.0}),
                      densities(paper_inverse_densities())})},
      .cell = geometry_uniform_cell,
      .find = find_densities,
      .tables = {{"features", feature_table},
                 {"summary", summary_table},
                 {"components", component_table},
                 {"polytopes", polytope_table}},
      .figures =
          {{"geometry-uniform",
            fmt::format(
                "Dimensions per feature of models trained and then converged by exact descent, and their "
                "loss beside that of the best product of polytopes; a dot is a feature of norm above {}.",
                represented_norm),
            draw_geometry_uniform},
           {"feature-graphs",
            "Represented features, joined where their directions are not orthogonal, at six densities; each "
            "component as its directions lie.",
            draw_graphs}},
      .settable = {"features", "hidden"},
      .measures = {
          {"dense", [](const Results& results) { return represented_by(densities_of(results).front()); },
           [](const Results& results) { return represented_by(densities_of(results).back()); }},
          {"plateau", [](const Results& results) { return extent_of_plateau(results, false); },
           [](const Results& results) { return extent_of_plateau(results, true); }},
          {"sparse",
           [](const Results& results) { return dimensions_per_feature(densities_of(results).back()); },
           [](const Results& results) { return dimensions_per_feature(nearest(results, 3.0)); }},
          {"loss", [](const Results& results) { return worst_above_product(results, false); },
           [](const Results& results) { return worst_above_product(results, true); }},
          {"overlap", [](const Results& results) { return overlap(densities_of(results).back().W()); },
           [](const Results& results) { return overlap(densities_of(results).back().W().cwiseAbs()); }}}};
}

}  // namespace digon::experiments
