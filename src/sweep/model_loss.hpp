#pragma once

#include <cstddef>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// The loss of a model: exact where theory gives it, else of so many samples, the same for all models.
double loss_of(const ToyModel& model, const FeatureDistribution& features, std::size_t samples = 1 << 16);

}  // namespace digon
