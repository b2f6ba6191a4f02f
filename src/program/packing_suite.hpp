#pragma once

#include <optional>
#include <vector>

#include "program/experiments/condition_experiment.hpp"
#include "program/verdict.hpp"

namespace digon {

/// Packings found from random starts beside the known optima: Thomson's problem for 2 to 100 points,
/// universally optimal codes with the names of their geometry, equiangular tight frames, relu2 and the frame
/// potential. Leaves packing/thomson.csv, the survey figure and packing/verdict.json in the output folder.
/// None if interrupted.
std::optional<std::vector<Check>> packing_suite(const ExperimentOptions& options);

}  // namespace digon
