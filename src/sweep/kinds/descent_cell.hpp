#pragma once

#include <vector>

#include "sweep/sweep.hpp"
#include "theory/optima/descent.hpp"

namespace digon {

/// The exact descent from a model as a cell of a sweep: where training was on its way to.
struct DescentCell {
  FeatureDistribution features;
  ToyModel from;
  nlohmann::json from_settings;      ///< that determine `from`
  double relative_tolerance = 1e-6;  ///< of each loss
  int steps = 600;                   ///< at most
};

/// The end of each; throws as sweep does.
std::vector<Descent> find_descents(RunStore& store, const std::string& experiment,
                                   const std::vector<DescentCell>& cells, std::size_t threads);

}  // namespace digon
