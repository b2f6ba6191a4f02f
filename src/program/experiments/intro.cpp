// Five features in two dimensions, elhage2022 §1: the columns of W as arrows.
#include <fmt/format.h>

#include "geometry/named_geometry.hpp"
#include "plots/arrows_figure.hpp"
#include "program/experiments/compared_models.hpp"
#include "program/experiments/experiment.hpp"

namespace digon::experiments {
namespace {

TrainingCell intro_cell(const Setting& setting) {
  TrainingCell cell;
  cell.features = uniform_features(5, setting.at[0]);
  cell.features.importance = parse_importance("importance", "0.9^i", 5);
  cell.hidden = 2;
  cell.starts = 1;
  return cell;
}

Measurement geometry_at(std::size_t density) {
  return [density](const Results& results) {
    return describe_geometry(best_points(results)[density]->W()).name;
  };
}

void draw_intro(const std::filesystem::path& path, const Results& results) {
  std::vector<ArrowsPanel> panels;
  const auto& comparison = results.found_as<Comparison>();
  for (const Point* point : best_points(results)) {
    panels.push_back({sparsity_title(*point),
                      fmt::format("{}, exact loss {:.5f}", describe_geometry(point->W()).name,
                                  comparison.models[point->setting.number].exact.loss),
                      point->W()});
  }
  std::vector<std::string> names;
  const Eigen::VectorXd& importance = results.points.front().cell.features.importance;
  for (Eigen::Index i = 0; i < importance.size(); ++i) {
    names.push_back(fmt::format("{}  ({{/:Italic I}} = {:.3g})", i, importance[i]));
  }
  draw_arrows(path, panels, names);
}

}  // namespace

Experiment intro() {
  return {
      .id = "intro",
      .summary = "5 features in 2 dimensions: 2 dedicated, 2 digons, a pentagon",
      .axes = {settable_axis("density", {"density", {1.0, 0.2, 0.1}}), start_axis(8, 8)},
      .cell = intro_cell,
      .find = [](const Results& results) { return compare_models(results, {.optimum_starts = 32}); },
      .tables = comparison_tables(),
      .figures = {{"intro", "Columns of W of the start of lowest exact loss at each density.", draw_intro},
                  comparison_figure()},
      .settable = {"features"},
      .checks = comparison_checks,
      .measures = {{"dense", geometry_at(0), geometry_at(2)},
                   {"middle", geometry_at(1), geometry_at(0)},
                   {"sparse", geometry_at(2), geometry_at(1)}}};
}

}  // namespace digon::experiments
