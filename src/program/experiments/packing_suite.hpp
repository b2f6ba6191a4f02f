#pragma once

#include <optional>
#include <vector>

#include "program/experiments/catalog.hpp"
#include "program/verdict/verdict.hpp"

namespace digon {

/// Packings found from random starts beside the known optima: Thomson's problem for 2 to 100 points, or a
/// selection of them in the quick preset; universally optimal codes with the names of their geometry,
/// equiangular tight frames, relu2 and the frame potential. Leaves thomson.csv, the survey figure and
/// verdict.json in the experiment's folder. None if interrupted.
std::optional<std::vector<Check>> packing_suite(const ExperimentContext& context);

}  // namespace digon
