#include "program/study/phase_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "plots/phase_figure.hpp"
#include "sweep/kinds/phase_change_cell.hpp"

namespace digon {
namespace {

/// So many geometries have colours of their own.
constexpr std::size_t most_named = 8;
constexpr const char* other_geometries = "others";

/// The names of all cells as categories: the phases, or the most frequent names and the others.
std::vector<GridCategory> categories_of(const std::vector<std::string>& names, bool are_phases) {
  if (are_phases) return phase_categories();
  std::map<std::string, std::size_t> counts;
  for (const std::string& name : names) ++counts[name];
  std::vector<std::pair<std::string, std::size_t>> ordered(counts.begin(), counts.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<GridCategory> categories;
  for (const auto& [name, count] : ordered) {
    if (categories.size() == most_named) break;
    categories.push_back({name, category_color(categories.size())});
  }
  if (ordered.size() > most_named) categories.push_back({other_geometries, category_color(most_named)});
  return categories;
}

std::size_t category_of(const std::vector<GridCategory>& categories, const std::string& name) {
  const auto found = std::find_if(categories.begin(), categories.end(),
                                  [&](const GridCategory& one) { return one.name == name; });
  return found == categories.end() ? categories.size() - 1 : std::size_t(found - categories.begin());
}

std::string name_of_feature(Eigen::Index feature) {
  return fmt::format("feature {}", feature);
}

}  // namespace

std::string label_of_axis(const std::string& option) {
  const std::string feature = feature_named_by(option);
  const std::string of = feature.empty()     ? ""
                         : feature == "last" ? " of the last feature"
                                             : " of feature " + feature;
  const std::string stem = feature.empty() ? option : option.substr(0, option.find("-of-"));
  static const std::map<std::string, std::string> labels{
      {"density", "density 1 − {/:Italic S}"},
      {"sparsity", "sparsity {/:Italic S}"},
      {"features", "features {/:Italic n}"},
      {"hidden", "hidden dimensions {/:Italic m}"},
      {"correlation", "correlation ρ"},
      {"penalty-weights", "penalty λ on Σ‖{/:Italic W_i}‖^2"},
      {"penalty-interference", "penalty λ on Σ({/:Italic W_i}·{/:Italic W_j})^2"},
      {"max-coherence", "greatest coherence allowed"},
      {"importance", "importance"},
      {"importance-ratio", "relative importance"},
      {"density-ratio", "relative density"},
      {"active", "active features {/:Italic K}"},
      {"steps", "optimiser steps"}};
  const auto label = labels.find(stem);
  return (label == labels.end() ? stem : label->second) + of;
}

GridFigure grid_over(const StudyAxis& x, const StudyAxis& y) {
  const auto axis_of = [](const StudyAxis& axis, bool may_fall) {
    const bool falls = may_fall && axis.option == "density" && axis.scale == AxisScale::logarithmic;
    return GridAxis{label_of_axis(axis.option) + (falls ? " (sparser →)" : ""), axis.values, axis.scale,
                    falls};
  };
  GridFigure grid;
  grid.x = axis_of(x, true);
  grid.y = axis_of(y, false);
  return grid;
}

bool is_continuous(const std::string& option) {
  constexpr std::array continuous{
      "density", "sparsity", "correlation", "penalty-weights", "penalty-interference", "max-coherence"};
  return !feature_named_by(option).empty() ||
         std::find(continuous.begin(), continuous.end(), option) != continuous.end();
}

std::vector<PhaseBoundary> find_phase_boundary(const StudyResults& results,
                                               std::optional<Eigen::Index> feature, RunStore& store,
                                               std::size_t threads) {
  const StudyAxis& y = results.study->axes.at(0);
  const StudyAxis& x = results.study->axes.at(1);
  const std::size_t columns = x.size();
  std::vector<PhaseChangeCell> ways;
  std::vector<std::pair<std::size_t, std::size_t>> ends;
  std::vector<PhaseBoundary> boundary;
  const auto compare = [&](std::size_t from, std::size_t to) {
    const StudyPoint& a = results.points[from];
    const StudyPoint& b = results.points[to];
    const StudyModel& of_a = *a.find(source_optimum);
    const StudyModel& of_b = *b.find(source_optimum);
    const std::string name_a = phase_name(of_a.model, feature);
    const std::string name_b = phase_name(of_b.model, feature);
    if (name_a == name_b) return;
    ways.push_back({optimum_cell(a.cell),
                    optimum_cell(b.cell),
                    {of_a.model, of_a.loss, 0.0},
                    {of_b.model, of_b.loss, 0.0},
                    feature});
    ends.emplace_back(from, to);
    boundary.push_back({0.0, 0.0, name_a, name_b});
  };
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    if (k % columns != 0 && is_continuous(x.option)) compare(k - 1, k);
    if (k + columns < results.points.size() && is_continuous(y.option)) compare(k, k + columns);
  }
  const std::vector<double> shares = find_phase_changes(store, "phase boundary", ways, threads);
  for (std::size_t w = 0; w < ways.size(); ++w) {
    const auto between = [&, from = ends[w].first, to = ends[w].second](const StudyAxis& axis) {
      const double a = results.value(results.points[from], axis);
      return a + shares[w] * (results.value(results.points[to], axis) - a);
    };
    boundary[w].x = between(x);
    boundary[w].y = between(y);
  }
  return boundary;
}

GridFigure phase_grid(const StudyResults& results, const PhaseMapOptions& options) {
  const Study& study = *results.study;
  const StudyAxis& x = *study.find_axis(options.x);
  const StudyAxis& y = *study.find_axis(options.y);
  std::vector<std::string> names(x.size() * y.size());
  GridFigure grid = grid_over(x, y);
  grid.title = options.title;
  grid.note_columns = {x.option, y.option, "phase", "geometry", "loss"};
  grid.notes.resize(names.size());
  Eigen::MatrixXd values(y.size(), x.size());
  std::optional<Eigen::Index> feature;
  for (const StudyPoint& point : results.points) {
    const StudyModel& model = *point.find(options.source);
    if (!options.by_geometry) {
      feature = options.feature ? options.feature : swept_feature(study.axes, model.model.features());
    }
    const std::size_t r = point.at[std::size_t(&y - study.axes.data())];
    const std::size_t c = point.at[std::size_t(&x - study.axes.data())];
    names[r * x.size() + c] = phase_name(model.model, feature);
    grid.notes[r * x.size() + c] = {x.texts[c], y.texts[r], feature ? names[r * x.size() + c] : "",
                                    phase_name(model.model, std::nullopt), fmt::format("{:.5g}", model.loss)};
    if (!options.value.empty())
      values(Eigen::Index(r), Eigen::Index(c)) = results.quantity(point, options.value);
  }
  grid.categories = categories_of(names, feature.has_value());
  Eigen::MatrixXd cells(y.size(), x.size());
  for (std::size_t k = 0; k < names.size(); ++k) {
    cells(Eigen::Index(k / x.size()), Eigen::Index(k % x.size())) =
        double(category_of(grid.categories, names[k]));
  }
  grid.category_title = feature ? name_of_feature(*feature) : "geometry";
  grid.panels.push_back({options.source == source_trained ? "trained models" : "lowest known",
                         std::move(cells), CellColors::categories});
  if (!options.value.empty()) grid.panels.push_back({"its loss", std::move(values)});
  grid.boundary_label = "boundary";
  for (const PhaseBoundary& point : options.boundary) grid.boundary.emplace_back(point.x, point.y);
  return grid;
}

}  // namespace digon
