#pragma once

#include <string_view>
#include <vector>

#include "program/experiments/experiment.hpp"

namespace digon {

/// All that is verified: the theory, the experiments in the paper's order, the packings.
const std::vector<Experiment>& catalog();

/// Those of one suite.
std::vector<const Experiment*> catalog_of(Suite suite);

/// The experiment of that name, of the suite of trained models; throws InputError that lists the names.
const Experiment& find_experiment(std::string_view id);

}  // namespace digon
