#pragma once

#include "core/model/feature_distribution.hpp"

namespace digon {

/// n features of one density whose importance falls as base^i.
FeatureDistribution important_features(Eigen::Index n, double density, double base,
                                       ActiveValue values = ActiveValue::uniform);

/// n features of one density in sets of `size` consecutive ones.
FeatureDistribution features_in_sets(Eigen::Index n, double density, SetRelation relation, Eigen::Index size);

/// Features 2k and 2k + 1 are on or off together with probability ρ; the first of each matters r times as
/// much.
FeatureDistribution paired_features(Eigen::Index n, double density, double rho, double r = 1.0);

/// Ŵ_i·Ŵ_j.
double column_cosine(const Eigen::MatrixXd& W, Eigen::Index i, Eigen::Index j);

}  // namespace digon
