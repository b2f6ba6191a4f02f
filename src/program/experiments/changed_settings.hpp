#pragma once

#include <string>
#include <vector>

#include "program/experiments/experiment.hpp"

namespace digon {

/// Values for an axis of an experiment, or one for a setting of its cells.
struct ChangedSetting {
  std::string option;  ///< as commands call it, "density"
  std::vector<double> values;
};

/// The settings of an experiment that may be changed: axes that have an option, those its tables and figures
/// take any value of, and the training's.
std::vector<std::string> settings_to_change(const Experiment& experiment);

/// The experiment with other settings, named ID-set. Axes keep their direction. It claims nothing and judges
/// nothing: the claims are of the experiment's own settings. Throws InputError that lists what is accepted.
Experiment with_settings(const Experiment& experiment, const std::vector<ChangedSetting>& changes);

}  // namespace digon
