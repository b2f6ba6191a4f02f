#include "program/experiments/caption.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/model/feature_description.hpp"

namespace digon {
namespace {

constexpr std::size_t most_listed = 8;

/// "a, b, c", or "a to z (40 values)" of many.
std::string list_of(const std::vector<std::string>& values, const char* separator = ", ") {
  if (values.size() <= most_listed) return fmt::format("{}", fmt::join(values, separator));
  return fmt::format("{} to {} ({} values)", values.front(), values.back(), values.size());
}

/// The different texts of all cells, in order.
template <typename Text>
std::vector<std::string> different(const std::vector<TrainingCell>& cells, Text text) {
  std::vector<std::string> values;
  for (const TrainingCell& cell : cells) {
    const std::string value = fmt::format("{}", text(cell));
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
  return values;
}

std::string describe_axis(const Axis& axis, Preset preset) {
  std::vector<std::string> values = axis.names;
  if (values.empty()) {
    for (const double value : axis.values(preset)) values.push_back(fmt::format("{:.4g}", value));
  }
  return axis.name + " " + list_of(values);
}

/// Of trainings by steps.
std::string describe_steps(const std::vector<TrainingCell>& cells) {
  const auto list = [&](auto text) { return list_of(different(cells, text)); };
  const auto setting = [&](const char* name) {
    return fmt::format(
        "{}",
        fmt::join(different(cells,
                            [&](const TrainingCell& cell) {
                              return sweep_cell(cell).settings.at("training").at(name).get<std::string>();
                            }),
                  " / "));
  };
  std::vector<TrainingCell> sampled;
  for (const TrainingCell& cell : cells) {
    if (cell.method == TrainingMethod::sampled) sampled.push_back(cell);
  }
  std::vector<std::string> objectives;
  if (!sampled.empty()) {
    objectives.push_back("batch " +
                         list_of(different(sampled, [](const TrainingCell& cell) { return cell.batch; })));
  }
  if (sampled.size() < cells.size()) objectives.emplace_back("the exact loss");
  return fmt::format("{} steps of {}, {}, learning rate {} ({})",
                     list([](const TrainingCell& cell) { return cell.steps; }), setting("optimizer"),
                     fmt::join(objectives, " / "),
                     list([](const TrainingCell& cell) { return fmt::format("{:g}", cell.learning_rate); }),
                     setting("schedule"));
}

}  // namespace

std::string describe_laws(const std::vector<TrainingCell>& cells) {
  const auto alternatives = [&](auto text) { return list_of(different(cells, text), " / "); };
  const auto list = [&](auto text) { return list_of(different(cells, text)); };
  return fmt::format(
      "{}; {}; features {}; importance {}; density {}",
      alternatives([](const TrainingCell& cell) { return name_of(cell.kind); }),
      alternatives([](const TrainingCell& cell) {
        return fmt::format("n = {}, m = {}", cell.features.features(), cell.hidden);
      }),
      alternatives([](const TrainingCell& cell) { return describe_law(cell.features); }),
      list([](const TrainingCell& cell) { return describe_profile(cell.features.importance); }),
      list([](const TrainingCell& cell) { return describe_profile(cell.features.density); }));
}

std::string describe_cells(const std::vector<TrainingCell>& cells) {
  const std::string starts = list_of(different(cells, [](const TrainingCell& cell) { return cell.starts; }));
  std::vector<TrainingCell> stepped;  // all but the descents
  for (const TrainingCell& cell : cells) {
    if (cell.method != TrainingMethod::exact_descent) stepped.push_back(cell);
  }
  std::vector<std::string> ways;
  if (!stepped.empty()) ways.push_back(describe_steps(stepped));
  if (stepped.size() < cells.size()) ways.emplace_back("L-BFGS descents of the exact loss");
  return fmt::format("{}; {} a cell, {}", describe_laws(cells),
                     starts == "1" ? "one start" : "the best of " + starts + " starts",
                     fmt::join(ways, " / "));
}

std::string caption_of(const Experiment& experiment, const FigureFile& figure, const Results& results) {
  const ExperimentContext& context = results.context;
  std::string caption = figure.shows;
  if (figure.facts) caption += " " + figure.facts(results);
  caption += "\n\n";
  if (!results.points.empty()) {
    std::vector<TrainingCell> cells;
    for (const Point& point : results.points) cells.push_back(point.cell);
    std::vector<std::string> axes;
    for (const Axis& axis : experiment.axes) axes.push_back(describe_axis(axis, context.preset));
    caption += fmt::format("Trained: {}.", describe_cells(cells));
    if (!axes.empty()) caption += fmt::format(" {} cells: {}.", cells.size(), fmt::join(axes, " × "));
    if (experiment.optimum_starts) {
      caption +=
          fmt::format(" Exact optima: the lowest of {} random descents and the one from the trained model.",
                      experiment.optimum_starts->of(context.preset));
    }
    caption += "\n\n";
  }
  caption += fmt::format("Preset {}, seed {}; the settings of every cell are in results.db.\n",
                         name_of(context.preset), context.seed);
  return caption;
}

}  // namespace digon
