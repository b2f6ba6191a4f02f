#include "program/experiments/feature_laws.hpp"

#include <fmt/format.h>

#include <cmath>

namespace digon {

FeatureDistribution important_features(Eigen::Index n, double density, double base, ActiveValue values) {
  FeatureDistribution features = uniform_features(n, density);
  for (Eigen::Index i = 0; i < n; ++i) features.importance[i] = std::pow(base, double(i));
  features.values = values;
  return features;
}

FeatureDistribution features_in_sets(Eigen::Index n, double density, SetRelation relation,
                                     Eigen::Index size) {
  FeatureDistribution features = uniform_features(n, density);
  features.sets = parse_sets("sets", fmt::format("{}", size), relation, n);
  return features;
}

FeatureDistribution paired_features(Eigen::Index n, double density, double rho, double r) {
  FeatureDistribution features = uniform_features(n, density);
  if (rho > 0.0) {
    features = features_in_sets(n, density, SetRelation::correlated, 2);
    for (FeatureSet& set : features.sets) set.correlation = rho;
  }
  for (Eigen::Index i = 0; i < n; i += 2) features.importance[i] = r;
  return features;
}

double column_cosine(const Eigen::MatrixXd& W, Eigen::Index i, Eigen::Index j) {
  return W.col(i).normalized().dot(W.col(j).normalized());
}

}  // namespace digon
