// The geometry of superposition, elhage2022 §4: uniform features, one feature sparser than the others, and
// trained directions beside packings.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/files/table.hpp"
#include "geometry/arrangement.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "plots/feature_graph_figure.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/catalog.hpp"
#include "sweep/kinds/optimum_cell.hpp"
#include "theory/law/law.hpp"
#include "theory/packing/packing.hpp"

namespace digon {
namespace {

/// Trained features at least this long are represented.
constexpr double represented = 0.5;

/// How far inner products of trained, normalised columns may be from those of the polytope they are named by.
constexpr double name_tolerance = 0.1;

/// A trained W as components with names; what has no name is described by its size.
std::vector<GeometryComponent> named_components(const Eigen::MatrixXd& W) {
  std::vector<GeometryComponent> components = describe_geometry(W, name_tolerance, represented).components;
  for (GeometryComponent& component : components) {
    if (component.name.empty()) {
      component.name = fmt::format("{} features joined", component.points.size());
    }
  }
  return components;
}

std::map<std::string, std::size_t> count_names(const std::vector<GeometryComponent>& components) {
  std::map<std::string, std::size_t> counts;
  for (const GeometryComponent& component : components) ++counts[component.name];
  return counts;
}

FeatureGraphPanel graph_of(const TrainedCell& trained) {
  FeatureGraphPanel panel;
  panel.title = fmt::format("1/(1 − {{/:Italic S}}) = {:.3g}", 1.0 / trained.features.density[0]);
  panel.gram = trained.best.W.transpose() * trained.best.W;
  const std::vector<GeometryComponent> components = named_components(trained.best.W);
  for (const GeometryComponent& component : components) panel.components.push_back(component.points);
  for (const auto& [name, number] : count_names(components)) {
    panel.subtitle += fmt::format("{}{} × {}", panel.subtitle.empty() ? "" : ", ", number, name);
  }
  return panel;
}

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

/// What the exact theory expects of equal features at one density: the loss that the best polytope saves for
/// each dimension it takes, against leaving its features out.
struct PolytopePrediction {
  const Polytope* best = nullptr;
  double gain_per_dimension = 0.0;
  std::vector<double> gains;  ///< of each polytope
};

/// The loss of a feature left out, with the best bias p/2.
double absent_loss(double density) {
  return feature_variance(Law{}, density);
}

std::optional<std::vector<PolytopePrediction>> predict_polytopes(const std::vector<double>& densities,
                                                                 const ExperimentContext& context) {
  std::vector<OptimumCell> cells;
  for (const double density : densities) {
    for (const Polytope& polytope : polytopes) {
      cells.push_back({uniform_features(polytope.points, density), polytope.dimension, 6, context.seed});
    }
  }
  const auto optima = find_optima(context.store, "polytopes by exact loss", cells, context.threads);
  if (!optima) return std::nullopt;
  std::vector<PolytopePrediction> predictions;
  for (std::size_t d = 0; d < densities.size(); ++d) {
    PolytopePrediction& prediction = predictions.emplace_back();
    for (std::size_t k = 0; k < polytopes.size(); ++k) {
      const double saved =
          double(polytopes[k].points) * absent_loss(densities[d]) - (*optima)[d * polytopes.size() + k].loss;
      prediction.gains.push_back(saved / double(polytopes[k].dimension));
      if (prediction.gains.back() > prediction.gain_per_dimension * (1.0 + 1e-9)) {
        prediction.best = &polytopes[k];
        prediction.gain_per_dimension = prediction.gains.back();
      }
    }
  }
  return predictions;
}

/// (Ŵ_i·Ŵ_j)² averaged over the pairs i ≠ j of represented features.
double mean_squared_cosine(const Eigen::MatrixXd& W) {
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    if (W.col(i).norm() >= represented) kept.push_back(i);
  }
  const Eigen::MatrixXd unit = W(Eigen::all, kept).colwise().normalized();
  const auto k = double(kept.size());
  return ((unit.transpose() * unit).squaredNorm() - k) / (k * (k - 1.0));
}

std::optional<std::vector<Check>> run_geometry_uniform(const ExperimentContext& context) {
  constexpr Eigen::Index n = 400;
  constexpr Eigen::Index m = 30;
  const auto count = context.choose<Eigen::Index>(12, 40);
  std::vector<TrainingCell> cells;
  for (Eigen::Index k = 0; k < count; ++k) {
    TrainingCell cell;
    cell.features = uniform_features(n, std::pow(100.0, -double(k) / double(count - 1)));
    cell.hidden = m;
    cell.starts = 1;
    cell.steps = context.choose<std::size_t>(1'500, 15'000);
    cell.batch = context.choose<std::size_t>(512, 1024);
    cell.learning_rate = context.choose(8e-3, 3e-3);
    cell.seed = context.seed;
    cells.push_back(std::move(cell));
  }
  const auto trained = train_cells(context.store, "geometry-uniform", cells, context.threads);
  if (!trained) return std::nullopt;
  std::vector<double> densities;
  densities.reserve(cells.size());
  for (const TrainingCell& one : cells) densities.push_back(one.features.density[0]);
  const auto predicted = predict_polytopes(densities, context);
  if (!predicted) return std::nullopt;

  Series dots{"{/:Italic D_i} of a represented feature", {}, SeriesStyle::points, 5, 0.3};
  Series average{"{/:Italic D}* = {/:Italic m}/‖{/:Italic W}‖_F^2", {}, SeriesStyle::line_and_points, 3};
  Table points{{"inverse_density", "feature", "norm", "feature_dimensionality"}, {}};
  Table summary{{"inverse_density", "dimensions_per_feature", "total_dimensionality", "represented"}, {}};
  Table components{{"inverse_density", "component", "count"}, {}};
  std::size_t at_half = 0;
  double most_total = 0.0;
  for (const TrainedCell& cell_trained : *trained) {
    const double x = 1.0 / cell_trained.features.density[0];
    const FeatureGeometry geometry = feature_geometry(cell_trained.best.W);
    for (Eigen::Index i = 0; i < n; ++i) {
      if (geometry.norm[i] >= represented) {
        dots.points.emplace_back(x, geometry.dimensionality[i]);
        dots.notes.push_back(fmt::format("feature {}, norm {:.3f}", i, geometry.norm[i]));
      }
      points.add_row(
          {cell(x), cell(std::size_t(i)), cell(geometry.norm[i]), cell(geometry.dimensionality[i])});
    }
    average.points.emplace_back(x, geometry.dimensions_per_feature);
    most_total = std::max(most_total, geometry.dimensionality.sum());
    at_half += std::abs(geometry.dimensions_per_feature - 0.5) < 0.05;
    const auto kept = std::size_t((geometry.norm.array() >= represented).count());
    summary.add_row(
        {cell(x), cell(geometry.dimensions_per_feature), cell(geometry.dimensionality.sum()), cell(kept)});
    for (const auto& [name, number] : count_names(named_components(cell_trained.best.W))) {
      components.add_row({cell(x), name, cell(number)});
    }
  }
  Table gains{{"inverse_density", "polytope", "gain_per_dimension", "best"}, {}};
  Series product{"best product of polytopes", {}, SeriesStyle::line, 0};
  Series trained_loss{"trained", {}, SeriesStyle::points, 3, 0.7};
  double worst_below_product = -1.0;
  for (std::size_t d = 0; d < densities.size(); ++d) {
    const PolytopePrediction& prediction = (*predicted)[d];
    const double nothing = double(n) * absent_loss(densities[d]);
    const double expected = 1.0 - double(m) * prediction.gain_per_dimension / nothing;
    product.points.emplace_back(1.0 / densities[d], expected);
    trained_loss.points.emplace_back(1.0 / densities[d], (*trained)[d].loss / nothing);
    for (std::size_t k = 0; k < polytopes.size(); ++k) {
      gains.add_row({cell(1.0 / densities[d]), polytopes[k].name, cell(prediction.gains[k]),
                     prediction.best == &polytopes[k] ? "1" : "0"});
    }
    // Dense models of this size are far from converged: any start drives all outputs at once, and Adam takes
    // more than 10,000 steps to settle the mean.
    if (densities[d] > 0.5) continue;
    worst_below_product = std::max(worst_below_product, (*trained)[d].loss / nothing / expected - 1.0);
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "features.csv", points);
  write_csv(context.folder / "summary.csv", summary);
  write_csv(context.folder / "components.csv", components);
  write_csv(context.folder / "polytopes.csv", gains);
  SeriesPanel panel{"dimensions per feature", "1/(1 − {/:Italic S})", "dimensionality", {dots, average}};
  panel.x_scale = AxisScale::logarithmic;
  panel.y_range = "[0:1.1]";
  panel.levels = {{1.0, "dedicated 1"}, {0.75, "tetrahedron 3/4"},   {2.0 / 3.0, "triangle 2/3"},
                  {0.5, "digon 1/2"},   {0.4, "pentagon 2/5", 0.25}, {0.375, "antiprism 3/8", -0.25}};
  SeriesPanel losses{"exact loss against what polytopes could do",
                     "1/(1 − {/:Italic S})",
                     "loss / loss with no feature represented",
                     {product, trained_loss}};
  losses.x_scale = AxisScale::logarithmic;
  draw_series(context.folder / "geometry-uniform",
              "Uniform superposition, {/:Italic n} = 400, {/:Italic m} = 30", {panel, losses});
  std::vector<FeatureGraphPanel> graphs;
  for (const double inverse : {2.0, 3.5, 5.5}) {
    const auto distance = [&](const TrainedCell& one) {
      return std::abs(std::log(inverse * one.features.density[0]));
    };
    graphs.push_back(graph_of(*std::min_element(
        trained->begin(), trained->end(),
        [&](const TrainedCell& a, const TrainedCell& b) { return distance(a) < distance(b); })));
  }
  draw_feature_graphs(context.folder / "feature-graphs",
                      "Feature graphs, {/:Italic n} = 400, {/:Italic m} = 30", graphs);
  write_caption(
      context.folder / "geometry-uniform", context,
      fmt::format("Dimensions per feature of trained models, n = 400, m = 30, features {}, importance 1, "
                  "{} steps of Adam at each of {} densities; a dot is a feature of norm at least {}.",
                  describe_law(trained->front().features), cells[0].steps, count, represented));
  return std::vector<Check>{
      judge("geometry-uniform/dense", average.points.front()[1]),
      judge("geometry-uniform/plateau", double(at_half)),
      judge("geometry-uniform/sparse", average.points.back()[1]),
      judge("geometry-uniform/loss", worst_below_product),
      judge("geometry-uniform/capacity", most_total),
      judge("geometry-uniform/overlap", double(m) * mean_squared_cosine(trained->back().best.W))};
}

/// A pentagon by the angles of its five features, or two pairs and a feature out.
std::optional<std::vector<Check>> run_nonuniform(const ExperimentContext& context) {
  constexpr double base = 0.05;
  const auto count = context.choose<Eigen::Index>(17, 41);
  std::vector<TrainingCell> cells;
  std::vector<double> ratios;
  for (Eigen::Index k = 0; k < count; ++k) {
    const double ratio = std::pow(10.0, -1.0 + 1.6 * double(k) / double(count - 1));  // 0.1 to 4
    TrainingCell cell;
    cell.features = uniform_features(5, base);
    cell.features.density[0] = base * ratio;
    cell.hidden = 2;
    cell.starts = context.choose<std::size_t>(5, 32);
    cell.seed = context.seed;
    cells.push_back(std::move(cell));
    ratios.push_back(ratio);
  }
  const auto trained = train_cells(context.store, "nonuniform", cells, context.threads);
  if (!trained) return std::nullopt;
  const auto exact = exact_optima(context, "nonuniform", cells, *trained, context.choose<std::size_t>(6, 24));
  if (!exact) return std::nullopt;

  const auto norm_of_first = [](const Eigen::MatrixXd& W) { return W.col(0).norm(); };
  Series trained_norm{"trained", {}, SeriesStyle::points, 1, 0.7};
  Series exact_norm{"exact optimum", {}, SeriesStyle::line, 0};
  Series trained_gap{"trained", {}, SeriesStyle::line_and_points, 1};
  Table table{{"density_ratio", "exact_loss", "trained_loss", "exact_norm", "trained_norm",
               "exact_arrangement", "trained_arrangement"},
              {}};
  std::vector<double> exact_jump;
  std::vector<double> trained_jump;
  ArrangementTolerance loose;
  loose.angle_degrees = 25.0;
  // The rarer feature leaves the pentagon where its norm falls to nothing.
  const auto crossover = [&](auto norm_at) {
    for (std::size_t k = ratios.size() - 1; k > 0; --k) {
      if (norm_at(k) >= 0.3 && norm_at(k - 1) < 0.3) return std::sqrt(ratios[k] * ratios[k - 1]);
    }
    return 0.0;
  };
  for (std::size_t k = 0; k < ratios.size(); ++k) {
    const TrainedCell& one = (*trained)[k];
    exact_norm.points.emplace_back(ratios[k], norm_of_first((*exact)[k].model.W));
    trained_norm.points.emplace_back(ratios[k], norm_of_first(one.best.W));
    trained_gap.points.emplace_back(ratios[k], 100.0 * (one.loss / (*exact)[k].loss - 1.0));
    table.add_row({cell(ratios[k]), cell((*exact)[k].loss), cell(one.loss), cell(exact_norm.points.back()[1]),
                   cell(trained_norm.points.back()[1]),
                   std::string(name_of(recognise_arrangement((*exact)[k].model.W, loose))),
                   std::string(name_of(recognise_arrangement(one.best.W, loose)))});
  }
  const double exact_at = crossover([&](std::size_t k) { return exact_norm.points[k][1]; });
  const double trained_at = crossover([&](std::size_t k) { return trained_norm.points[k][1]; });
  write_cells(context.folder, *trained);
  write_csv(context.folder / "nonuniform.csv", table);
  SeriesPanel norms{"the rarer feature leaves",
                    "density of feature 1 / density of the others",
                    "‖{/:Italic W}_1‖",
                    {exact_norm, trained_norm}};
  norms.x_scale = AxisScale::logarithmic;
  SeriesPanel gap{"distance to the optimum",
                  "density of feature 1 / density of the others",
                  "excess loss, %",
                  {trained_gap}};
  gap.x_scale = AxisScale::logarithmic;
  draw_series(context.folder / "nonuniform",
              "Non-uniform superposition, {/:Italic n} = 5, {/:Italic m} = 2, base density 0.05",
              {norms, gap});
  write_caption(
      context.folder / "nonuniform", context,
      fmt::format("Norm of the feature whose density is varied, features {}; the exact optimum loses it at "
                  "ratio {:.3g}, the trained models at {:.3g} (the paper: about 1/2.5).",
                  describe_law(trained->front().features), exact_at, trained_at));
  double worst = 0.0;
  for (const Eigen::Vector2d& point : trained_gap.points) worst = std::max(worst, point[1] / 100.0);
  return std::vector<Check>{judge("nonuniform/exact-crossover", exact_at),
                            judge("nonuniform/crossover", trained_at / exact_at),
                            judge("nonuniform/gap", worst)};
}

/// The inner products of all pairs of directions, ascending.
std::vector<double> spectrum(const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd unit = W.colwise().normalized();
  std::vector<double> products;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) products.push_back(unit.col(i).dot(unit.col(j)));
  }
  std::sort(products.begin(), products.end());
  return products;
}

StoredCell compute_packing_spectrum(const nlohmann::json& settings, const std::string& /*given*/) {
  const nlohmann::json& packing = settings.at("packing");
  PackingSearch search;
  search.seed = settings.at("seed");
  search.threads = 1;
  const PackingResult found =
      search_packing({PairEnergy::relu2, 0.0}, packing.at("points"), packing.at("dim"), search);
  return {{{"inner_products", spectrum(found.best.W)}}, {}};
}

const CellKind packing_spectrum_kind{"packing spectrum", 1, &compute_packing_spectrum};

/// A search for the packing that minimises L_1's interference.
SweepCell packing_cell(Eigen::Index n, Eigen::Index m, std::uint64_t seed) {
  return {&packing_spectrum_kind,
          {{"packing", {{"points", n}, {"dim", m}, {"energy", "relu2"}}}, {"seed", seed}}};
}

/// The share of starts whose loss is the lowest one's, to a percent.
double share_at_the_best(const TrainedCell& trained) {
  const auto reached = std::count_if(trained.losses.begin(), trained.losses.end(),
                                     [&](double loss) { return loss <= 1.01 * trained.loss; });
  return double(reached) / double(trained.losses.size());
}

/// Trained, normalised columns beside the packing of the same size.
std::optional<std::vector<Check>> run_trained_packing(const ExperimentContext& context) {
  struct Shape {
    Eigen::Index n;
    Eigen::Index m;
  };
  // Few enough features for norms 1 and no interference, or a unique best packing.
  const std::vector<Shape> shapes{{4, 2}, {5, 2}, {6, 3}, {8, 4}, {12, 6}};
  std::vector<SweepCell> searches;
  searches.reserve(shapes.size());
  for (const Shape& shape : shapes) searches.push_back(packing_cell(shape.n, shape.m, context.seed));
  const auto packings = sweep(context.store, "packing", searches, context.threads);
  if (!packings) return std::nullopt;
  std::vector<TrainingCell> cells;
  for (const Shape& shape : shapes) {
    TrainingCell cell;
    cell.features = uniform_features(shape.n, 0.02);
    cell.hidden = shape.m;
    cell.starts = context.choose<std::size_t>(16, 64);
    cell.steps = context.choose<std::size_t>(10'000, 30'000);
    cell.seed = context.seed;
    cells.push_back(std::move(cell));
  }
  const auto trained = train_cells(context.store, "packing", cells, context.threads);
  if (!trained) return std::nullopt;
  std::vector<Check> checks;
  Table table{{"n", "m", "pair", "trained", "packing"}, {}};
  std::vector<SeriesPanel> panels;
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    const Shape& shape = shapes[k];
    const std::vector<double> found = spectrum((*trained)[k].best.W);
    const auto packed = (*packings)[k].result.at("inner_products").get<std::vector<double>>();
    double worst = 0.0;
    Series of_trained{k == 0 ? "trained" : "", {}, SeriesStyle::points, 1, 0.6};
    Series of_packing{k == 0 ? "packing" : "", {}, SeriesStyle::line, 0};
    for (std::size_t i = 0; i < found.size(); ++i) {
      worst = std::max(worst, std::abs(found[i] - packed[i]));
      of_trained.points.emplace_back(double(i), found[i]);
      of_packing.points.emplace_back(double(i), packed[i]);
      table.add_row(
          {cell(std::size_t(shape.n)), cell(std::size_t(shape.m)), cell(i), cell(found[i]), cell(packed[i])});
    }
    const std::string name = describe_geometry((*trained)[k].best.W, name_tolerance).name;
    checks.push_back(judge(fmt::format("packing/{}-{}", shape.n, shape.m), worst));
    if (shape.n == 5) checks.push_back(judge("packing/5-2/every-start", share_at_the_best((*trained)[k])));
    SeriesPanel panel{fmt::format("{} in {}: {}", shape.n, shape.m, name),
                      "pair, by inner product",
                      k == 0 ? "inner product of directions" : "",
                      {of_packing, of_trained}};
    panel.y_range = "[-1.1:1.1]";
    panels.push_back(std::move(panel));
  }
  write_csv(context.folder / "packing.csv", table);
  draw_series(context.folder / "packing", "Inner products of trained directions and of packings", panels);
  write_caption(
      context.folder / "packing", context,
      fmt::format(
          "Features {} of density 0.02; packings minimise the sum of squared positive inner products.",
          describe_law(trained->front().features)));
  return checks;
}

}  // namespace

std::vector<CatalogEntry> geometry_experiments() {
  return {{"geometry-uniform", "400 uniform features in 30 dimensions: D* and every D_i against sparsity",
           &run_geometry_uniform},
          {"nonuniform", "a pentagon of which one feature grows rarer", &run_nonuniform},
          {"packing", "trained directions beside generalised Thomson packings", &run_trained_packing}};
}

}  // namespace digon
