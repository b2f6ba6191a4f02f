// Superposition and learning dynamics, elhage2022 §5, and adversarial vulnerability, §8.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/parallel.hpp"
#include "core/files/model_file.hpp"
#include "core/files/table.hpp"
#include "empirical/attack/adversarial.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/catalog.hpp"
#include "sweep/model_loss.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {
namespace {

/// The history of the best start of one cell.
struct Dynamics {
  Series loss{"exact loss", {}, SeriesStyle::line, 0};
  std::vector<Series> dimensionality;  ///< of each feature
  Eigen::VectorXd losses;
  Table table{{"step", "loss", "feature", "norm", "feature_dimensionality"}, {}};
};

Dynamics dynamics_of(const TrainedCell& trained) {
  Dynamics dynamics;
  const std::size_t count = trained.snapshots.size();
  dynamics.losses.resize(Eigen::Index(count));
  parallel_for(count, 0, [&](std::size_t k) {
    dynamics.losses[Eigen::Index(k)] = loss_of(trained.snapshots[k].model, trained.features);
  });
  const Eigen::Index n = trained.features.features();
  for (Eigen::Index i = 0; i < n; ++i) {
    dynamics.dimensionality.push_back({"", {}, SeriesStyle::line, n <= 8 ? std::size_t(i) : 5});
  }
  for (std::size_t k = 0; k < count; ++k) {
    const Snapshot& snapshot = trained.snapshots[k];
    const double x = std::max(1.0, double(snapshot.step));  // step 0 has no place on a logarithmic axis
    const FeatureGeometry geometry = feature_geometry(snapshot.model.W);
    dynamics.loss.points.emplace_back(x, dynamics.losses[Eigen::Index(k)]);
    for (Eigen::Index i = 0; i < n; ++i) {
      dynamics.dimensionality[std::size_t(i)].points.emplace_back(x, geometry.dimensionality[i]);
      dynamics.table.add_row({cell(snapshot.step), cell(dynamics.losses[Eigen::Index(k)]),
                              cell(std::size_t(i)), cell(geometry.norm[i]),
                              cell(geometry.dimensionality[i])});
    }
  }
  return dynamics;
}

void draw_dynamics(const std::filesystem::path& path, const std::string& title, const Dynamics& dynamics) {
  SeriesPanel dimensions{"dimensionality of each feature", "optimiser step", "{/:Italic D_i}",
                         dynamics.dimensionality};
  dimensions.x_scale = AxisScale::logarithmic;
  dimensions.y_range = "[0:1.05]";
  dimensions.levels = {{1.0, "dedicated 1"}, {0.5, "digon 1/2"}, {2.0 / 3.0, "triangle 2/3"}};
  SeriesPanel loss{"loss", "optimiser step", "exact loss", {dynamics.loss}};
  loss.x_scale = AxisScale::logarithmic;
  loss.y_scale = AxisScale::logarithmic;
  draw_series(path, title, {dimensions, loss});
}

/// The share of the fall of ln L, after the first tenth of the steps' logarithm, that the quickest fifth of
/// the snapshot intervals makes: 0.2 for a steady fall, near 1 for jumps.
double share_of_jumps(const Eigen::VectorXd& losses) {
  std::vector<double> falls;
  double total = 0.0;
  for (Eigen::Index k = 1; k < losses.size(); ++k) {
    falls.push_back(std::max(0.0, std::log(losses[k - 1] / losses[k])));
    total += falls.back();
  }
  std::sort(falls.rbegin(), falls.rend());
  double quickest = 0.0;
  for (std::size_t k = 0; k < falls.size() / 5; ++k) quickest += falls[k];
  return total > 0.0 ? quickest / total : 0.0;
}

std::optional<std::vector<Check>> run_dynamics_jumps(const ExperimentContext& context) {
  TrainingCell cell_of;
  cell_of.features = uniform_features(6, 0.05);
  cell_of.hidden = 3;
  cell_of.starts = 4;
  cell_of.steps = context.choose<std::size_t>(20'000, 100'000);
  cell_of.learning_rate = 1e-3;
  cell_of.seed = context.seed;
  cell_of.snapshot_steps = logarithmic_schedule(context.choose<std::size_t>(25, 60), cell_of.steps);
  const auto trained = train_cells(context.store, "dynamics-jumps", {cell_of}, context.threads);
  if (!trained) return std::nullopt;
  const Dynamics dynamics = dynamics_of(trained->front());
  write_cells(context.folder, *trained);
  write_csv(context.folder / "dynamics.csv", dynamics.table);
  draw_dynamics(context.folder / "dynamics-jumps",
                "Learning dynamics, {/:Italic n} = 6, {/:Italic m} = 3, density 0.05", dynamics);
  write_caption(context.folder / "dynamics-jumps", context,
                fmt::format("The best of {} starts, features {}; {} snapshots.", cell_of.starts,
                            describe_law(cell_of.features), cell_of.snapshot_steps.size()));
  double rise = 0.0;
  for (Eigen::Index k = 1; k < dynamics.losses.size(); ++k) {
    rise = std::max(rise, dynamics.losses[k] / dynamics.losses[k - 1] - 1.0);
  }
  const FeatureGeometry last = feature_geometry(trained->front().best.W);
  return std::vector<Check>{judge("dynamics-jumps/jumps", share_of_jumps(dynamics.losses)),
                            judge("dynamics-jumps/final", last.dimensionality.mean()),
                            judge("dynamics-jumps/monotone", rise)};
}

std::optional<std::vector<Check>> run_dynamics_geometry(const ExperimentContext& context) {
  TrainingCell cell_of;
  cell_of.features = uniform_features(6, 0.05);
  cell_of.features.sets = parse_sets("sets", "3", SetRelation::correlated, 6);
  cell_of.hidden = 3;
  cell_of.starts = context.choose<std::size_t>(8, 16);
  cell_of.steps = context.choose<std::size_t>(20'000, 100'000);
  cell_of.learning_rate = 1e-3;
  cell_of.seed = context.seed;
  cell_of.snapshot_steps = logarithmic_schedule(context.choose<std::size_t>(25, 60), cell_of.steps);
  const auto trained = train_cells(context.store, "dynamics-geometry", {cell_of}, context.threads);
  if (!trained) return std::nullopt;
  const Dynamics dynamics = dynamics_of(trained->front());
  // Inner products inside the sets and across them tell the moves apart.
  Series inside{"inside a set", {}, SeriesStyle::line, 0};
  Series across{"across, lowest of each feature", {}, SeriesStyle::line, 3};
  for (const Snapshot& snapshot : trained->front().snapshots) {
    const Eigen::MatrixXd unit = snapshot.model.W.colwise().normalized();
    const Eigen::MatrixXd cosines = unit.transpose() * unit;
    const double x = std::max(1.0, double(snapshot.step));
    inside.points.emplace_back(
        x, (cosines(0, 1) + cosines(0, 2) + cosines(1, 2) + cosines(3, 4) + cosines(3, 5) + cosines(4, 5)) /
               6.0);
    across.points.emplace_back(x, cosines.topRightCorner(3, 3).rowwise().minCoeff().mean());
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "dynamics.csv", dynamics.table);
  SeriesPanel angles{
      "how the two sets turn", "optimiser step", "mean cosine between features", {inside, across}};
  angles.x_scale = AxisScale::logarithmic;
  angles.y_range = "[-1.05:1.05]";
  SeriesPanel loss{"loss", "optimiser step", "exact loss", {dynamics.loss}};
  loss.x_scale = AxisScale::logarithmic;
  loss.y_scale = AxisScale::logarithmic;
  draw_series(context.folder / "dynamics-geometry",
              "Two correlated sets of three in {/:Italic m} = 3: towards the octahedron", {angles, loss});
  write_caption(context.folder / "dynamics-geometry", context,
                fmt::format("The best of {} starts, features {}, density 0.05.", cell_of.starts,
                            describe_law(cell_of.features)));
  const std::string name = describe_geometry(trained->front().best.W).name;
  return std::vector<Check>{judge("dynamics-geometry/octahedron", name),
                            judge("dynamics-geometry/inside", inside.points.back()[1]),
                            judge("dynamics-geometry/across", across.points.back()[1])};
}

StoredCell compute_attack(const nlohmann::json& settings, const std::string& given) {
  const LoadedModel attacked = parse_models(given, "cell").front();
  VulnerabilityOptions options;
  options.radius_share = settings.at("radius");
  options.samples = settings.at("samples");
  options.seed = settings.at("seed");
  options.threads = 1;
  const Vulnerability found =
      vulnerability(attacked.model, without_superposition(*attacked.features, attacked.model.hidden()),
                    *attacked.features, options);
  return {{{"relative", found.relative},
           {"increase", found.increase},
           {"clean", found.clean},
           {"radius", found.radius}},
          {}};
}

const CellKind attack_kind{"attack", 1, &compute_attack};

std::optional<std::vector<Check>> run_adversarial(const ExperimentContext& context) {
  constexpr Eigen::Index n = 100;
  constexpr Eigen::Index m = 20;
  const auto count = context.choose<Eigen::Index>(9, 20);
  std::vector<TrainingCell> cells;
  for (Eigen::Index k = 0; k < count; ++k) {
    TrainingCell cell;
    cell.features = uniform_features(n, std::pow(10.0, -2.0 * double(k) / double(count - 1)));
    cell.hidden = m;
    cell.starts = 1;
    cell.steps = context.choose<std::size_t>(4'000, 20'000);
    cell.batch = context.choose<std::size_t>(512, 1024);
    cell.seed = context.seed;
    cells.push_back(std::move(cell));
  }
  const auto trained = train_cells(context.store, "adversarial", cells, context.threads);
  if (!trained) return std::nullopt;
  std::vector<SweepCell> attacks;
  for (std::size_t k = 0; k < trained->size(); ++k) {
    const TrainedCell& one = (*trained)[k];
    attacks.push_back({&attack_kind,
                       {{"attack_on", sweep_cell(cells[k]).settings},
                        {"radius", VulnerabilityOptions{}.radius_share},
                        {"samples", context.choose<std::size_t>(256, 2048)},
                        {"seed", context.seed}},
                       serialize_models({{one.best, one.features, 0}})});
  }
  const auto found = sweep(context.store, "adversarial attacks", attacks, context.threads);
  if (!found) return std::nullopt;

  Series vulnerable{"vulnerability, relative to no superposition", {}, SeriesStyle::line_and_points, 3};
  Series features{"features per dimension 1/{/:Italic D}*", {}, SeriesStyle::line_and_points, 0};
  Table table{
      {"inverse_density", "features_per_dimension", "relative_vulnerability", "increase", "clean_loss"}, {}};
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const double x = 1.0 / cells[k].features.density[0];
    const double per_dimension = 1.0 / feature_geometry((*trained)[k].best.W).dimensions_per_feature;
    const nlohmann::json& result = (*found)[k].result;
    vulnerable.points.emplace_back(x, result.at("relative").get<double>());
    features.points.emplace_back(x, per_dimension);
    table.add_row({cell(x), cell(per_dimension), cell(vulnerable.points.back()[1]),
                   cell(result.at("increase").get<double>()), cell(result.at("clean").get<double>())});
  }
  write_cells(context.folder, *trained);
  write_csv(context.folder / "adversarial.csv", table);
  SeriesPanel panel{
      "an attack of a tenth of the inputs' norm", "1/(1 − {/:Italic S})", "ratio", {vulnerable, features}};
  panel.x_scale = AxisScale::logarithmic;
  panel.y_range = "[0:*]";
  draw_series(context.folder / "adversarial",
              "Vulnerability and superposition, {/:Italic n} = 100, {/:Italic m} = 20", {panel});
  write_caption(
      context.folder / "adversarial", context,
      fmt::format("Increase of the loss under the strongest L2-bounded attack, in units of the increase of a "
                  "model without superposition, beside features per dimension; features {}.",
                  describe_law(cells[0].features)));
  const auto centred = [](const std::vector<Eigen::Vector2d>& points) {
    Eigen::VectorXd values(Eigen::Index(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i) values[Eigen::Index(i)] = points[i][1];
    return Eigen::VectorXd(values.array() - values.mean());
  };
  const Eigen::VectorXd a = centred(vulnerable.points);
  const Eigen::VectorXd b = centred(features.points);
  double least = vulnerable.points.front()[1];
  double most = least;
  for (const Eigen::Vector2d& point : vulnerable.points) {
    least = std::min(least, point[1]);
    most = std::max(most, point[1]);
  }
  return std::vector<Check>{judge("adversarial/growth", most / least),
                            judge("adversarial/together", a.dot(b) / (a.norm() * b.norm()))};
}

}  // namespace

std::vector<CatalogEntry> dynamics_experiments() {
  return {{"dynamics-jumps", "every D_i and the loss against training step", &run_dynamics_jumps},
          {"dynamics-geometry", "two correlated sets of three find the octahedron", &run_dynamics_geometry},
          {"adversarial", "vulnerability to attacks against density, with features per dimension",
           &run_adversarial}};
}

}  // namespace digon
