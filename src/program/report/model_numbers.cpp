#include "program/report/model_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/base/atomic_file.hpp"
#include "core/model/feature_description.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"

namespace digon {
namespace {

using Models = std::vector<ModelNumbers>;

/// Snapshots of more instances than this have no panels of D_i.
constexpr std::size_t most_instances_drawn = 9;
/// No line is yellow, the last of the colours.
constexpr std::size_t line_colors = 7;
/// What is nearer to the optimum than its loss is known is drawn here.
constexpr double least_gap_drawn = 1e-8;

enum class Against { step, density, instance };

double mean_density(const ModelNumbers& model) {
  return model.features == nullptr ? std::numeric_limits<double>::quiet_NaN()
                                   : model.features->density.mean();
}

bool is_snapshot(const ModelNumbers& model) {
  return model.loaded->step.has_value();
}

Against axis_of(const Models& models) {
  std::set<std::size_t> steps;
  std::set<double> densities;
  for (const ModelNumbers& model : models) {
    if (is_snapshot(model)) steps.insert(*model.loaded->step);
    if (model.features != nullptr && mean_density(model) > 0.0) densities.insert(mean_density(model));
  }
  if (steps.size() > 1) return Against::step;
  return densities.size() > 1 ? Against::density : Against::instance;
}

double place_of(const ModelNumbers& model, Against axis) {
  if (axis == Against::step) return double(*model.loaded->step);
  return axis == Against::density ? 1.0 / mean_density(model) : double(model.loaded->instance);
}

std::string label_of(const ModelNumbers& model) {
  return model.label.empty() ? fmt::format("instance {}", model.loaded->instance) : model.label;
}

/// Whether steps are spread evenly in the logarithm: most of them are in the first tenth of all.
bool are_logarithmic(const Models& models) {
  double last = 0.0;
  for (const ModelNumbers& model : models) last = std::max(last, double(*model.loaded->step));
  const auto early = std::count_if(models.begin(), models.end(), [last](const ModelNumbers& model) {
    return double(*model.loaded->step) < 0.1 * last;
  });
  return 2 * std::size_t(early) > models.size();
}

/// Models one after the other that share an instance.
std::vector<Models> by_instance(const Models& models) {
  std::vector<Models> instances;
  for (const ModelNumbers& model : models) {
    const bool is_next =
        instances.empty() || instances.back().back().loaded->instance != model.loaded->instance;
    if (is_next) instances.emplace_back();
    instances.back().push_back(model);
  }
  return instances;
}

/// What the panels of one figure share.
struct Drawing {
  const Models& models;
  Against axis = Against::instance;
  SeriesPanel frame;  ///< its x axis
};

/// From end to end of 1/(1 − S) with room for the dots.
std::string range_of_densities(const Models& models) {
  constexpr double room = 1.15;
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (const ModelNumbers& model : models) {
    const double inverse = 1.0 / mean_density(model);
    if (!std::isfinite(inverse)) continue;
    least = std::min(least, inverse);
    most = std::max(most, inverse);
  }
  return fmt::format("[{}:{}]", least / room, most * room);
}

Drawing drawing_of(const Models& models) {
  Drawing drawing{models, axis_of(models), {}};
  SeriesPanel& frame = drawing.frame;
  switch (drawing.axis) {
    case Against::step:
      frame.x_label = "optimiser step";
      frame.x_scale = are_logarithmic(models) ? AxisScale::logarithmic : AxisScale::linear;
      break;
    case Against::density:
      frame.x_label = "1/(1 − {/:Italic S})";
      frame.x_scale = AxisScale::logarithmic;
      frame.x_range = range_of_densities(models);
      break;
    case Against::instance:
      frame.x_label = "instance";
      frame.x_range = fmt::format("[{}:{}]", double(models.front().loaded->instance) - 0.5,
                                  double(models.back().loaded->instance) + 0.5);
      if (models.size() <= 12) frame.x_tics = "1";
      break;
  }
  return drawing;
}

SeriesPanel panel_of(const Drawing& drawing, const std::string& title, const std::string& y_label) {
  SeriesPanel panel = drawing.frame;
  panel.title = title;
  panel.y_label = y_label;
  return panel;
}

/// A point is left out where a logarithmic axis has no place for it: step 0, density 0, a loss of 0.
void add_point(Series& series, const SeriesPanel& panel, double x, double y, const std::string& note) {
  const bool has_x = std::isfinite(x) && (panel.x_scale == AxisScale::linear || x > 0.0);
  const bool has_y = std::isfinite(y) && (panel.y_scale == AxisScale::linear || y > 0.0);
  if (!has_x || !has_y) return;
  series.points.emplace_back(x, y);
  series.notes.push_back(note);
}

void keep(SeriesPanel& panel, std::vector<Series> series) {
  std::erase_if(series, [](const Series& one) { return one.points.empty(); });
  panel.series = std::move(series);
}

/// D_i of each represented feature over the steps, a line a feature.
SeriesPanel dimensions_over_steps(const Drawing& drawing, const Models& snapshots, const std::string& title) {
  SeriesPanel panel = panel_of(drawing, title, "{/:Italic D_i}");
  std::vector<Series> features(std::size_t(snapshots.front().loaded->model.features()));
  for (std::size_t i = 0; i < features.size(); ++i) features[i].color = i % line_colors;
  for (const ModelNumbers& model : snapshots) {
    const FeatureGeometry geometry = feature_geometry(model.loaded->model.W);
    for (const Eigen::Index i : represented_features(model.loaded->model.W)) {
      add_point(features[std::size_t(i)], panel, place_of(model, drawing.axis), geometry.dimensionality[i],
                fmt::format("feature {}, norm {:.3f}", i, geometry.norm[i]));
    }
  }
  keep(panel, std::move(features));
  panel.y_range = "[0:1.1]";
  panel.levels = polytope_levels();
  return panel;
}

/// D* and every D_i of the best model of each law, or of all where they have one law.
SeriesPanel dimensions_of_all(const Drawing& drawing) {
  SeriesPanel panel = panel_of(drawing, "dimensions per feature", "dimensionality");
  Series dots{"{/:Italic D_i} of a represented feature", {}, SeriesStyle::points, 5, 0.5};
  Series average{"{/:Italic D}* = {/:Italic m}/‖{/:Italic W}‖_F^2", {}, SeriesStyle::line_and_points, 3};
  std::vector<std::size_t> shown(drawing.models.size());
  for (std::size_t k = 0; k < shown.size(); ++k) shown[k] = k;
  if (drawing.axis == Against::density) {
    shown = best_of_each_law(drawing.models);
  } else {
    average.style = SeriesStyle::points;
  }
  std::stable_sort(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
    return place_of(drawing.models[a], drawing.axis) < place_of(drawing.models[b], drawing.axis);
  });
  for (const std::size_t k : shown) {
    const ModelNumbers& model = drawing.models[k];
    const FeatureGeometry geometry = feature_geometry(model.loaded->model.W);
    const double x = place_of(model, drawing.axis);
    for (const Eigen::Index i : represented_features(model.loaded->model.W)) {
      add_point(dots, panel, x, geometry.dimensionality[i],
                fmt::format("{}, feature {}, norm {:.3f}", name_of(*model.loaded), i, geometry.norm[i]));
    }
    add_point(average, panel, x, geometry.dimensions_per_feature, name_of(*model.loaded));
  }
  keep(panel, {average, dots});
  panel.y_range = "[0:1.1]";
  panel.levels = polytope_levels();
  return panel;
}

/// What a panel shows of a model, nothing where it is not known.
using Quantity = std::optional<double> (*)(const ModelNumbers&);

std::optional<double> loss_of_model(const ModelNumbers& model) {
  return model.loss;
}

std::optional<double> lowest_known(const ModelNumbers& model) {
  return model.gap ? std::optional(model.gap->best) : std::nullopt;
}

std::optional<double> gap_of_model(const ModelNumbers& model) {
  return model.gap ? std::optional(std::max(model.gap->relative(), least_gap_drawn)) : std::nullopt;
}

void add_known(Series& series, const Drawing& drawing, const SeriesPanel& panel, const ModelNumbers& model,
               Quantity quantity) {
  if (const std::optional<double> value = quantity(model)) {
    add_point(series, panel, place_of(model, drawing.axis), *value, name_of(*model.loaded));
  }
}

/// A line an instance over the steps.
std::vector<Series> lines_over_steps(const Drawing& drawing, const SeriesPanel& panel, Quantity quantity) {
  std::vector<Series> lines;
  const std::vector<Models> instances = by_instance(drawing.models);
  constexpr std::size_t most_named = 6;
  for (const Models& snapshots : instances) {
    const std::size_t number = snapshots.front().loaded->instance;
    Series& line = lines.emplace_back();
    line.color = instances.size() == 1 ? 1 : number % line_colors;  // trained is orange
    if (instances.size() <= most_named) {
      line.label = instances.size() == 1 ? "trained" : label_of(snapshots.front());
    }
    for (const ModelNumbers& model : snapshots) add_known(line, drawing, panel, model, quantity);
  }
  return lines;
}

/// Every instance a dot; where laws differ a line through the best of each.
std::vector<Series> dots_and_best(const Drawing& drawing, const SeriesPanel& panel, Quantity quantity) {
  Series dots{"trained", {}, SeriesStyle::points, 1, 0.6};
  for (const ModelNumbers& model : drawing.models) add_known(dots, drawing, panel, model, quantity);
  if (drawing.axis != Against::density) return {dots};
  const std::vector<std::size_t> best = best_of_each_law(drawing.models);
  Series line{"best of its density", {}, SeriesStyle::line, 1};
  for (const std::size_t k : best) add_known(line, drawing, panel, drawing.models[k], quantity);
  std::sort(line.points.begin(), line.points.end(),
            [](const Eigen::Vector2d& a, const Eigen::Vector2d& b) { return a[0] < b[0]; });
  line.notes.clear();
  return {line, dots};
}

/// The lowest loss known: a line through the densities, or one a law from end to end.
std::vector<Series> lowest_lines(const Drawing& drawing, const SeriesPanel& panel) {
  std::map<double, Series> lines;
  for (const ModelNumbers& model : drawing.models) {
    if (!model.gap) continue;
    const double of = drawing.axis == Against::density ? 0.0 : model.gap->best;
    add_known(lines[of], drawing, panel, model, lowest_known);
  }
  std::vector<Series> sorted;
  for (auto& [of, line] : lines) {
    std::sort(line.points.begin(), line.points.end(),
              [](const Eigen::Vector2d& a, const Eigen::Vector2d& b) { return a[0] < b[0]; });
    line.notes.clear();
    line.style = SeriesStyle::line;
    line.color = 0;
    if (sorted.empty()) line.label = "lowest known";
    sorted.push_back(std::move(line));
  }
  return sorted;
}

SeriesPanel quantity_panel(const Drawing& drawing, const std::string& title, const std::string& y_label,
                           Quantity quantity) {
  SeriesPanel panel = panel_of(drawing, title, y_label);
  panel.y_scale = AxisScale::logarithmic;
  std::vector<Series> series = drawing.axis == Against::step ? lines_over_steps(drawing, panel, quantity)
                                                             : dots_and_best(drawing, panel, quantity);
  if (quantity == loss_of_model) {
    const std::vector<Series> lowest = lowest_lines(drawing, panel);
    series.insert(series.end(), lowest.begin(), lowest.end());
  }
  keep(panel, std::move(series));
  return panel;
}

std::vector<SeriesPanel> panels_of(const Drawing& drawing) {
  std::vector<SeriesPanel> panels;
  if (drawing.axis == Against::step) {
    const std::vector<Models> instances = by_instance(drawing.models);
    for (std::size_t k = 0; k < std::min(instances.size(), most_instances_drawn); ++k) {
      const std::string of =
          instances.size() == 1 ? "each represented feature" : label_of(instances[k].front());
      panels.push_back(dimensions_over_steps(drawing, instances[k], "dimensionality, " + of));
    }
  } else {
    panels.push_back(dimensions_of_all(drawing));
  }
  panels.push_back(quantity_panel(drawing, "loss", "loss", loss_of_model));
  panels.push_back(quantity_panel(drawing, "gap", "loss / lowest known − 1", gap_of_model));
  std::erase_if(panels, [](const SeriesPanel& panel) { return panel.series.empty(); });
  return panels;
}

std::string caption_of(const Drawing& drawing) {
  const std::size_t instances = by_instance(drawing.models).size();
  std::string text = drawing.axis == Against::step
                         ? fmt::format("{} snapshots of {} instances over the steps of their training",
                                       drawing.models.size(), instances)
                     : drawing.axis == Against::density
                         ? fmt::format(
                               "{} models against the inverse of their density; D* and D_i are those of "
                               "the best model of each density",
                               drawing.models.size())
                         : fmt::format("{} models of one density", drawing.models.size());
  if (drawing.axis == Against::step && instances > most_instances_drawn) {
    text += fmt::format(", D_i of the first {}", most_instances_drawn);
  }
  text += fmt::format(". A feature is represented where its norm is above {}", represented_norm);
  if (drawing.models.front().gap) text += fmt::format("; a gap below {} is drawn there", least_gap_drawn);
  return text + ".\n";
}

std::string optional_text(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? text_of(*value) : "";
}

std::string step_text(const ModelNumbers& model) {
  return is_snapshot(model) ? text_of(*model.loaded->step) : "";
}

}  // namespace

std::vector<std::size_t> best_of_each_law(const Models& models) {
  std::vector<LoadedModel> loaded;
  std::vector<FeatureDistribution> features;
  std::vector<std::size_t> places;
  std::vector<std::size_t> best;
  for (std::size_t k = 0; k < models.size(); ++k) {
    const bool is_last =
        k + 1 == models.size() || models[k + 1].loaded->instance != models[k].loaded->instance;
    if (is_snapshot(models[k])) {
      if (is_last) best.push_back(k);
      continue;
    }
    if (models[k].features == nullptr) {
      best.push_back(k);
      continue;
    }
    loaded.push_back(*models[k].loaded);
    features.push_back(*models[k].features);
    places.push_back(k);
  }
  for (const std::vector<std::size_t>& group : group_by_law(loaded, features)) {
    best.push_back(places[*std::min_element(group.begin(), group.end(), [&](std::size_t a, std::size_t b) {
      const auto loss = [&](std::size_t k) {
        return models[places[k]].loss.value_or(std::numeric_limits<double>::infinity());
      };
      return loss(a) < loss(b);
    })]);
  }
  return best;
}

Table models_table(const Models& models) {
  Table table{{"instance", "step", "kind", "law", "density", "seed", "loss", "loss_per_feature", "loss_error",
               "loss_is", "lowest_known", "gap", "relative_gap", "local_minimum", "dimensions_per_feature",
               "capacity", "geometry", "best"},
              {}};
  const std::vector<std::size_t> best = best_of_each_law(models);
  for (std::size_t k = 0; k < models.size(); ++k) {
    const ModelNumbers& model = models[k];
    const ToyModel& weights = model.loaded->model;
    const FeatureGeometry geometry = feature_geometry(weights.W);
    const auto of_gap = [&](auto value) {
      return model.gap ? optional_text(value(*model.gap)) : std::string();
    };
    const bool is_best = std::find(best.begin(), best.end(), k) != best.end();
    const std::string best_text = is_snapshot(model) ? "" : is_best ? "1" : "0";
    table.add_row(
        {text_of(model.loaded->instance), step_text(model), std::string(name_of(weights.kind)),
         model.features == nullptr ? "" : describe_law(*model.features), optional_text(mean_density(model)),
         fmt::format("{}", model.loaded->seed), optional_text(model.loss),
         model.loss ? text_of(*model.loss / double(weights.features())) : "",
         model.loss ? text_of(model.error) : "", model.loss_is,
         of_gap([](const OptimalityGap& gap) { return gap.best; }),
         of_gap([](const OptimalityGap& gap) { return gap.absolute(); }),
         of_gap([](const OptimalityGap& gap) { return gap.relative(); }),
         of_gap([](const OptimalityGap& gap) { return gap.local; }),
         optional_text(geometry.dimensions_per_feature), optional_text(geometry.dimensionality.sum()),
         describe_geometry(weights.W).name, best_text});
  }
  return table;
}

Table features_table(const Models& models) {
  Table table{
      {"instance", "step", "density", "feature", "norm", "bias", "superposition", "feature_dimensionality"},
      {}};
  for (const ModelNumbers& model : models) {
    const ToyModel& weights = model.loaded->model;
    const FeatureGeometry geometry = feature_geometry(weights.W);
    for (Eigen::Index i = 0; i < weights.features(); ++i) {
      table.add_row({text_of(model.loaded->instance), step_text(model),
                     model.features == nullptr ? "" : text_of(model.features->density[i]),
                     text_of(std::size_t(i)), text_of(geometry.norm[i]), text_of(weights.b[i]),
                     text_of(geometry.superposition[i]), text_of(geometry.dimensionality[i])});
    }
  }
  return table;
}

std::string draw_models(const std::filesystem::path& path, const Models& models, const std::string& title) {
  if (models.size() < 2) return "";
  const Drawing drawing = drawing_of(models);
  const std::vector<SeriesPanel> panels = panels_of(drawing);
  if (panels.empty()) return "";
  const ToyModel& any = models.front().loaded->model;
  draw_series(path,
              title.empty() ? fmt::format("Trained models, {{/:Italic n}} = {}, {{/:Italic m}} = {}",
                                          any.features(), any.hidden())
                            : title,
              panels);
  write_file_atomically(path.string() + ".txt", caption_of(drawing));
  switch (drawing.axis) {
    case Against::step:
      return "step";
    case Against::density:
      return "density";
    case Against::instance:
      return "instance";
  }
  return "";
}

void write_models(const std::filesystem::path& folder, const Models& models) {
  write_csv(folder / "models.csv", models_table(models));
  write_csv(folder / "features.csv", features_table(models));
  draw_models(folder / "models", models);
}

}  // namespace digon
