#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/report/model_numbers.hpp"
#include "program/study/phase_map.hpp"
#include "program/study/study_files.hpp"

namespace digon {
namespace {

/// "trained", "optimum" or nothing, of a quantity's name.
std::string source_in(const std::string& quantity) {
  for (const char* source : {source_trained, source_optimum}) {
    if (quantity.starts_with(std::string(source) + "_")) return source;
  }
  return "";
}

/// A quantity in words, without where it is from.
std::string words_for(const std::string& quantity) {
  const std::string source = source_in(quantity);
  std::string words = source.empty() ? quantity : quantity.substr(source.size() + 1);
  if (words == "share_of_zero") return "loss / loss of answering 0";
  if (words == "dimensions_per_feature") return "{/:Italic D}* = {/:Italic m}/‖{/:Italic W}‖_F^2";
  if (words == "capacity") return "capacity Σ {/:Italic D_i}";
  if (words == "represented") return "features represented";
  if (words == "swept_norm") return "norm of the swept feature";
  if (words == "worst_start") return "loss of the worst start";
  if (words == "relative_gap") return "trained loss / optimum − 1";
  if (words == "gap_share_of_zero") return "gap / loss of answering 0";
  if (words == "gap") return "trained loss − optimum";
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

/// Trained is orange, the optimum blue, in every figure.
std::size_t color_of_source(const std::string& source) {
  return source == source_trained ? 1 : source == source_optimum ? 0 : 2;
}

/// Colours of many lines: those of trained models and optima last, and no yellow.
std::size_t color_of_line(std::size_t line) {
  constexpr std::array<std::size_t, 7> colors{2, 4, 5, 3, 6, 0, 1};
  return colors.at(line % colors.size());
}

/// Of many lines the legend has room for some.
bool is_in_legend(std::size_t line, std::size_t lines) {
  constexpr std::size_t most = 6;
  return line % ((lines + most - 1) / most) == 0 || line + 1 == lines;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

/// What a file says, as a part of a gnuplot string: without what would end it or be run.
std::string as_label(const std::string& text) {
  std::string label;
  for (const char letter : text) {
    label += letter == '"' || letter == '`' ? "'" : letter == '\\' ? "/" : std::string(1, letter);
  }
  return label;
}

/// "density = 0.1", or the name of a case.
std::string value_text(const StudyAxis& axis, std::size_t value) {
  const std::string text = as_label(axis.texts[value]);
  if (axis.option == case_axis) return text;
  const std::string name = axis.option == "features" ? "{/:Italic n}"
                           : axis.option == "hidden" ? "{/:Italic m}"
                                                     : axis.option;
  return axis.is_numeric ? fmt::format("{} = {:.4g}", name, axis.values[value])
                         : fmt::format("{} = {}", name, text);
}

/// The points of one line: the values at each x, and the cells they are of.
struct Line {
  std::string label;
  std::map<double, std::vector<double>> values;
};

Line line_of_cells(const StudyResults& results, const StudyFigure& figure, const std::string& quantity,
                   std::size_t by_value) {
  const StudyAxis& x = *results.study->find_axis(figure.x);
  const StudyAxis* by = results.study->find_axis(figure.by);
  Line line;
  for (const StudyPoint& point : results.points) {
    if (by != nullptr && point.at[std::size_t(by - results.study->axes.data())] != by_value) continue;
    const double value = results.quantity(point, quantity);
    if (std::isfinite(value)) line.values[results.value(point, x)].push_back(value);
  }
  return line;
}

/// Every axis that is neither x nor by.
std::string other_axes(const StudyResults& results, const StudyFigure& figure) {
  std::string names;
  for (const StudyAxis& axis : results.study->axes) {
    if (axis.option == figure.x || axis.option == figure.by || axis.size() == 1) continue;
    names += (names.empty() ? "" : ", ") + axis.option;
  }
  return names;
}

/// Ticks at 1, 2 and 5 times the powers of ten, where a logarithmic axis is short of two of them; else empty.
std::string ticks_for(const StudyAxis& axis) {
  const auto [least, greatest] = std::minmax_element(axis.values.begin(), axis.values.end());
  constexpr double many = 100.0;
  if (axis.scale != AxisScale::logarithmic || *greatest >= many * *least) return "";
  std::string ticks;
  for (double decade = std::floor(std::log10(*least)); decade <= std::log10(*greatest); ++decade) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      ticks += fmt::format("{}{:.6g}", ticks.empty() ? "" : ", ", digit * std::pow(10.0, decade));
    }
  }
  return "(" + ticks + ")";
}

/// The y axis of lines: as the file says, of losses and gaps over a wide range logarithmic, else linear and
/// from 0 where nothing is below it, with room above.
void set_y_axis(const StudyFigure& figure, SeriesPanel& panel) {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -least;
  for (const Series& one : panel.series) {
    for (const Eigen::Vector2d& point : one.points) {
      least = std::min(least, point[1]);
      greatest = std::max(greatest, point[1]);
    }
  }
  const std::string& quantity = figure.y.front();
  bool is_loss = false;
  for (const char* word : {"loss", "gap", "share", "worst_start"}) {
    is_loss = is_loss || quantity.find(word) != std::string::npos;
  }
  constexpr double wide = 30.0;
  const bool is_wide = is_loss && least > 0.0 && greatest > wide * least;
  panel.y_scale = figure.y_scale.value_or(is_wide ? AxisScale::logarithmic : AxisScale::linear);
  constexpr double room = 1.08;
  if (panel.y_scale == AxisScale::linear && least >= 0.0 && greatest > 0.0) {
    panel.y_range = fmt::format("[0:{}]", room * greatest);
  }
}

std::string draw_lines(const std::filesystem::path& path, const StudyFigure& figure,
                       const StudyResults& results) {
  const StudyAxis& x = *results.study->find_axis(figure.x);
  const StudyAxis* by = results.study->find_axis(figure.by);
  const std::size_t lines = by == nullptr ? 1 : by->size();
  std::vector<Series> series;
  for (std::size_t v = 0; v < lines; ++v) {
    for (const std::string& quantity : figure.y) {
      const Line line = line_of_cells(results, figure, quantity, v);
      const std::string source = source_in(quantity);
      const bool is_one_stem = std::all_of(figure.y.begin(), figure.y.end(), [&](const std::string& other) {
        return words_for(other) == words_for(quantity);
      });
      std::string label = by == nullptr || !is_in_legend(v, lines) ? "" : value_text(*by, v);
      if (figure.y.size() > 1 && is_in_legend(v, lines)) {
        label += (label.empty() ? "" : ", ") + (is_one_stem      ? source
                                                : source.empty() ? words_for(quantity)
                                                                 : source + " " + words_for(quantity));
      }
      Series median{label,
                    {},
                    source == source_optimum ? SeriesStyle::line : SeriesStyle::line_and_points,
                    by != nullptr          ? color_of_line(v)
                    : figure.y.size() == 1 ? color_of_source(source)
                    : is_one_stem          ? color_of_source(source)
                                           : color_of_line(series.size())};
      Series dots{"", {}, SeriesStyle::points, median.color, 0.3};
      for (const auto& [at, values] : line.values) {
        median.points.emplace_back(at, median_of(values));
        if (values.size() < 2) continue;
        for (const double value : values) dots.points.emplace_back(at, value);
      }
      series.push_back(std::move(median));
      if (!dots.points.empty()) series.push_back(std::move(dots));
    }
  }
  SeriesPanel panel{"", label_of_axis(x.option), words_for(figure.y.front()), std::move(series)};
  panel.x_scale = x.scale;
  panel.x_tics = ticks_for(x);
  set_y_axis(figure, panel);
  draw_series(path, figure.title, {panel});
  const std::string others = other_axes(results, figure);
  std::string shows = fmt::format("{} against {}", plain_text(panel.y_label), x.option);
  if (by != nullptr) shows += ", a line a value of " + by->option;
  return shows +
         (others.empty() ? "." : fmt::format("; dots are cells of each {}, lines their medians.", others));
}

std::string draw_heat_map(const std::filesystem::path& path, const StudyFigure& figure,
                          const StudyResults& results) {
  const Study& study = *results.study;
  const StudyAxis& x = *study.find_axis(figure.x);
  const StudyAxis& y = *study.find_axis(figure.y.front());
  const StudyAxis* by = study.find_axis(figure.by);
  GridFigure grid = grid_over(x, y);
  grid.title = figure.title;
  grid.value_label = words_for(figure.value);
  grid.note_columns = {x.option, y.option, figure.value};
  double least = std::numeric_limits<double>::infinity();
  double greatest = -least;
  for (std::size_t v = 0; v < (by == nullptr ? 1 : by->size()); ++v) {
    Eigen::MatrixXd cells(y.size(), x.size());
    grid.notes.assign(x.size() * y.size(), {});
    for (const StudyPoint& point : results.points) {
      if (by != nullptr && point.at[std::size_t(by - study.axes.data())] != v) continue;
      const std::size_t r = point.at[std::size_t(&y - study.axes.data())];
      const std::size_t c = point.at[std::size_t(&x - study.axes.data())];
      const double value = results.quantity(point, figure.value);
      cells(Eigen::Index(r), Eigen::Index(c)) = value;
      grid.notes[r * x.size() + c] = {x.texts[c], y.texts[r], fmt::format("{:.5g}", value)};
      if (!std::isfinite(value)) continue;
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
    grid.panels.push_back({by == nullptr ? words_for(figure.value) : value_text(*by, v), std::move(cells)});
  }
  if (by != nullptr) grid.notes.clear();
  grid.value_scale = least > 0.0 && greatest > 100.0 * least ? AxisScale::logarithmic : AxisScale::linear;
  draw_grid(path, grid);
  return fmt::format("{} over {} and {}{}.", plain_text(words_for(figure.value)), x.option, y.option,
                     by == nullptr ? "" : ", a panel a value of " + by->option);
}

std::string draw_phase_figure(const std::filesystem::path& path, const StudyFigure& figure,
                              const StudyResults& results) {
  PhaseMapOptions options;
  options.title = figure.title;
  options.x = figure.x;
  options.y = figure.y.front();
  options.source = figure.of;
  draw_grid(path, phase_grid(results, options));
  return fmt::format(
      "{} over {} and {}, of {}.",
      swept_feature(results.study->axes, results.points.front().models.front().model.features())
          ? "What becomes of the swept feature"
          : "Geometry by name",
      figure.x, options.y, figure.of == source_trained ? "trained models" : "the optimum");
}

std::string draw_dimensionality(const std::filesystem::path& path, const StudyFigure& figure,
                                const StudyResults& results) {
  const StudyAxis& x = *results.study->find_axis(figure.x);
  // The paper's axis is 1/(1 − S).
  const bool is_density = x.option == "density" && x.scale == AxisScale::logarithmic;
  Series dots{"{/:Italic D_i} of a represented feature", {}, SeriesStyle::points, 5, 0.3};
  std::map<double, std::vector<double>> averages;
  for (const StudyPoint& point : results.points) {
    const StudyModel& model = *point.find(figure.of);
    const double value = results.value(point, x);
    const double at = is_density ? 1.0 / value : value;
    for (const Eigen::Index i : represented_features(model.model.W)) {
      dots.points.emplace_back(at, model.geometry.dimensionality[i]);
      dots.notes.push_back(fmt::format("feature {}, norm {:.3f}", i, model.geometry.norm[i]));
    }
    if (std::isfinite(model.geometry.dimensions_per_feature)) {
      averages[at].push_back(model.geometry.dimensions_per_feature);
    }
  }
  Series average{"{/:Italic D}* = {/:Italic m}/‖{/:Italic W}‖_F^2",
                 {},
                 SeriesStyle::line_and_points,
                 color_of_source(figure.of)};
  for (const auto& [at, values] : averages) average.points.emplace_back(at, median_of(values));
  SeriesPanel panel{
      "", is_density ? "1/(1 − {/:Italic S})" : label_of_axis(x.option), "dimensionality", {dots, average}};
  panel.x_scale = x.scale;
  panel.y_range = "[0:1.1]";
  panel.levels = polytope_levels();
  draw_series(path, figure.title, {panel});
  return fmt::format("Dimensions per feature of {} against {}; a dot is a feature of norm above {}.",
                     figure.of == source_trained ? "trained models" : "the optimum",
                     is_density ? "1/(1 − S)" : x.option, represented_norm);
}

/// D_i of each represented feature and the loss of the trained models, against the step.
std::string draw_snapshots(const std::filesystem::path& path, const StudyFigure& figure,
                           const StudyResults& results) {
  const StudyAxis* by = results.study->find_axis(figure.by);
  std::vector<LoadedModel> loaded;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    for (const Snapshot& snapshot : results.points[k].trained->snapshots) {
      loaded.push_back({snapshot.model, results.points[k].cell.model.features, 0, k, snapshot.step});
    }
  }
  std::vector<ModelNumbers> models;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const StudyPoint& point = results.points[k];
    for (const double loss : point.snapshot_losses) {
      ModelNumbers& model = models.emplace_back();
      model.loaded = &loaded[models.size() - 1];
      model.features = &point.cell.model.features;
      model.loss = loss;
      if (by != nullptr)
        model.label = value_text(*by, point.at[std::size_t(by - results.study->axes.data())]);
    }
  }
  draw_models(path, models, figure.title);
  return fmt::format("Dimensions of each feature of norm above {}{}, and the loss, against the step.",
                     represented_norm, by == nullptr ? "" : ", a panel a value of " + by->option);
}

}  // namespace

std::string draw_figure(const std::filesystem::path& folder, const StudyFigure& figure,
                        const StudyResults& results) {
  StudyFigure titled = figure;
  titled.title = as_label(figure.title.empty() ? results.study->title : figure.title);
  const std::filesystem::path path = folder / figure.name;
  switch (figure.kind) {
    case FigureKind::lines:
      return draw_lines(path, titled, results);
    case FigureKind::heat_map:
      return draw_heat_map(path, titled, results);
    case FigureKind::phase_map:
      return draw_phase_figure(path, titled, results);
    case FigureKind::dimensionality:
      return draw_dimensionality(path, titled, results);
    case FigureKind::snapshots:
      break;
  }
  return draw_snapshots(path, titled, results);
}

}  // namespace digon
