#include "program/experiments/experiment.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "core/base/named_choice.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

constexpr NamedChoices<Preset, 2> preset_names{{{Preset::quick, "quick"}, {Preset::paper, "paper"}}};

/// 0, 1, …, count − 1.
std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

}  // namespace

std::string_view name_of(Preset preset) {
  return name_in(preset_names, preset);
}

Preset parse_preset(std::string_view option, std::string_view text) {
  return parse_choice(preset_names, option, "a preset", text);
}

Axis settable_axis(std::string option, Axis axis) {
  axis.option = std::move(option);
  return axis;
}

Axis named_axis(std::string name, std::vector<std::string> names) {
  Axis axis{std::move(name), numbers(names.size())};
  axis.names = std::move(names);
  return axis;
}

Axis start_axis(std::size_t quick, std::size_t paper) {
  return {"start", numbers(quick), numbers(paper)};
}

std::vector<double> powers(double base, double from, double to, std::size_t count) {
  std::vector<double> values;
  for (std::size_t k = 0; k < count; ++k) {
    values.push_back(std::pow(base, from + (to - from) * double(k) / double(count - 1)));
  }
  return values;
}

double Point::excess() const {
  return (trained.loss - optimum.value().loss) / zero_model_loss(trained.features);
}

double Point::excess_of_zero() const {
  return 1.0 - optimum.value().loss / zero_model_loss(trained.features);
}

std::string Results::size() const {
  const TrainingCell& first = points.front().cell;
  return fmt::format("{{/:Italic n}} = {}, {{/:Italic m}} = {}", first.features.features(), first.hidden);
}

std::function<Table(const Results&)> a_row_a_point(std::vector<Column> columns) {
  return [columns = std::move(columns)](const Results& results) {
    Table table;
    for (const Column& column : columns) table.columns.push_back(column.name);
    for (const Point& point : results.points) {
      std::vector<std::string> row;
      for (const Column& column : columns) row.push_back(column.text(point));
      table.add_row(std::move(row));
    }
    return table;
  };
}

}  // namespace digon
