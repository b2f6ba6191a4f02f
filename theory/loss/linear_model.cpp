#include "theory/loss/linear_model.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

/// An error known in closed form, to rounding.
ExpectedError exactly(const OutputError& value) {
  return {value, {rounding * value.inactive, rounding * value.active}};
}

/// I_i v_i: what it costs to drop feature i.
Eigen::VectorXd cost_of_dropping(const FeatureDistribution& features) {
  return features.importance.array() * feature_variances(law_of(features), features.density);
}

/// Feature indices, the costliest to drop first.
std::vector<Eigen::Index> by_cost(const Eigen::VectorXd& cost) {
  std::vector<Eigen::Index> order(std::size_t(cost.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Eigen::Index i, Eigen::Index j) { return cost[i] > cost[j]; });
  return order;
}

void require_independent(const FeatureDistribution& features) {
  validate(features);
  if (!features.are_independent()) {
    reject("linear optimum: features {} given; accepted: independent ones", describe_law(features));
  }
}

}  // namespace

UnitErrorByCount linear_error_by_count(const OutputUnit& unit) {
  const Law law = unit.law;
  const double n = double(unit.others.size());
  const double sum = unit.others.sum();
  const double squares = unit.others.squaredNorm();
  UnitErrorByCount result;
  for (Eigen::Index count = 0; count <= unit.others.size(); ++count) {
    const double k = double(count);
    const double one = n > 0.0 ? k / n : 0.0;                            // P(a feature is active)
    const double two = n > 1.0 ? k * (k - 1.0) / (n * (n - 1.0)) : 0.0;  // P(two given features are)
    const double first = scaled_moment(law, one * sum, 1);
    const double second = scaled_moment(law, one * squares, 2) +
                          scaled_moment(law, scaled_moment(law, two * (sum * sum - squares), 1), 1);
    result.expected.push_back(exactly(always_on_error(law, {{1.0, first, second}}, unit.bias, unit.own)));
  }
  return result;
}

double linear_optimum_loss(const FeatureDistribution& features, Eigen::Index hidden) {
  require_independent(features);
  const Eigen::VectorXd cost = cost_of_dropping(features);
  const std::vector<Eigen::Index> order = by_cost(cost);
  double dropped = 0.0;
  for (std::size_t k = std::size_t(hidden); k < order.size(); ++k) dropped += cost[order[k]];
  return dropped;
}

ToyModel linear_optimum(const FeatureDistribution& features, Eigen::Index hidden) {
  require_independent(features);
  const Eigen::Index n = features.features();
  ToyModel model{Eigen::MatrixXd::Zero(hidden, n), feature_means(law_of(features), features.density),
                 ModelKind::linear};
  const std::vector<Eigen::Index> order = by_cost(cost_of_dropping(features));
  for (Eigen::Index k = 0; k < std::min(hidden, n); ++k) {
    const Eigen::Index kept = order[std::size_t(k)];
    model.W(k, kept) = 1.0;
    model.b[kept] = 0.0;
  }
  return model;
}

ToyModel without_superposition(const FeatureDistribution& features, Eigen::Index hidden) {
  ToyModel model = linear_optimum({features.density, features.importance, features.values}, hidden);
  model.kind = ModelKind::relu_output;
  model.b = model.b.cwiseMax(0.0);
  return model;
}

}  // namespace digon
