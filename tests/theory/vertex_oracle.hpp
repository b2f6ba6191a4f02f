#pragma once

#include <vector>

#include "core/feature_distribution.hpp"
#include "core/toy_model.hpp"

namespace digon {

/// The exact loss of the ReLU output model by summing over all 2ⁿ activity patterns and the vertices of each
/// one's cube, with 150 digits: slow, and independent of everything in theory/. For n ≤ 10.
struct OracleLoss {
  double loss = 0.0;
  std::vector<double> L;  ///< L_0 … L_n, sums over patterns
};

OracleLoss vertex_oracle(const ToyModel& model, const FeatureDistribution& features);

}  // namespace digon
