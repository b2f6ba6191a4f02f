#include "program/experiments/changed_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

const std::string starts_option = "starts";

bool is_start_axis(const Axis& axis) {
  return axis.name == start_axis(0, 0).name;
}

TrainingCell first_cell(const Experiment& experiment) {
  Setting first;
  for (const Axis& axis : experiment.axes) {
    first.at.push_back(axis.quick.front());
    first.names.push_back(axis.names.empty() ? "" : axis.names.front());
  }
  return experiment.cell(first);
}

double one_value(const ChangedSetting& change) {
  if (change.values.size() == 1) return change.values.front();
  reject("--set {}: {} values given; accepted: one", change.option, change.values.size());
}

Eigen::Index count_in(const ChangedSetting& change) {
  constexpr double most = 1e6;
  const double value = one_value(change);
  if (value >= 1.0 && value <= most && value == std::floor(value)) return Eigen::Index(value);
  reject("--set {}: {} given; accepted: a whole number from 1 to {}", change.option, value, most);
}

/// The law of more or fewer features: of one density, and importances that are alike or powers.
FeatureDistribution with_features(const FeatureDistribution& features, Eigen::Index n) {
  FeatureDistribution resized = features;
  const double base = features.features() > 1 ? features.importance[1] / features.importance[0] : 1.0;
  resized.density = Eigen::VectorXd::Constant(n, features.density[0]);
  resized.importance = Eigen::VectorXd::NullaryExpr(
      n, [&](Eigen::Index i) { return features.importance[0] * std::pow(base, double(i)); });
  return resized;
}

void change_axis(Axis& axis, const ChangedSetting& change) {
  std::vector<double> values = change.values;
  const bool falls = axis.quick.size() > 1 && axis.quick.front() > axis.quick.back();
  std::sort(values.begin(), values.end());
  if (falls) std::reverse(values.begin(), values.end());
  axis.quick = axis.paper = values;
}

void change_cell(TrainingCell& cell, const ChangedSetting& change) {
  if (change.option == "features") cell.features = with_features(cell.features, count_in(change));
  if (change.option == "hidden") cell.hidden = count_in(change);
  if (change.option == "steps") cell.steps = std::size_t(count_in(change));
  if (change.option == "batch") cell.batch = std::size_t(count_in(change));
  if (change.option == "learning-rate") cell.learning_rate = one_value(change);
  if (change.option == starts_option) cell.starts = std::size_t(count_in(change));
}

}  // namespace

std::vector<std::string> settings_to_change(const Experiment& experiment) {
  std::vector<std::string> names;
  for (const Axis& axis : experiment.axes) {
    if (!axis.option.empty()) names.push_back(axis.option);
  }
  names.insert(names.end(), experiment.settable.begin(), experiment.settable.end());
  if (!experiment.cell) return names;
  names.push_back(starts_option);
  // Cells that keep snapshots keep them at steps of their own.
  if (first_cell(experiment).snapshot_steps.empty()) names.emplace_back("steps");
  names.insert(names.end(), {"batch", "learning-rate"});
  return names;
}

Experiment with_settings(const Experiment& experiment, const std::vector<ChangedSetting>& changes) {
  const std::vector<std::string> accepted = settings_to_change(experiment);
  Experiment changed = experiment;
  changed.id += "-set";
  changed.checks = {};
  changed.measures = {};
  std::vector<ChangedSetting> of_cells;
  for (const ChangedSetting& change : changes) {
    if (std::find(accepted.begin(), accepted.end(), change.option) == accepted.end()) {
      reject("--set: '{}' is no setting of {}; accepted: {}", change.option, experiment.id,
             accepted.empty() ? "none" : fmt::format("{}", fmt::join(accepted, ", ")));
    }
    const auto axis = std::find_if(changed.axes.begin(), changed.axes.end(), [&](const Axis& one) {
      return one.option == change.option || (change.option == starts_option && is_start_axis(one));
    });
    if (axis == changed.axes.end()) {
      of_cells.push_back(change);
    } else if (is_start_axis(*axis)) {
      *axis = start_axis(std::size_t(count_in(change)), std::size_t(count_in(change)));
    } else {
      change_axis(*axis, change);
    }
  }
  if (experiment.cell) {
    changed.cell = [cell = experiment.cell, of_cells](const Setting& setting) {
      TrainingCell made = cell(setting);
      for (const ChangedSetting& change : of_cells) change_cell(made, change);
      return made;
    };
    validate(first_cell(changed).features);  // what cannot be set is refused at once
  }
  return changed;
}

}  // namespace digon
