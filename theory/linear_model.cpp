#include "theory/linear_model.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/input_error.hpp"

namespace digon {
namespace {

double variance(double density) {
  return density / 3.0 - density * density / 4.0;
}

/// An error known in closed form, to rounding.
ExpectedError exactly(const OutputError& value) {
  return {value, {rounding * value.inactive, rounding * value.active}};
}

/// Feature indices, the most important first.
std::vector<Eigen::Index> by_importance(const Eigen::VectorXd& importance) {
  std::vector<Eigen::Index> order(std::size_t(importance.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Eigen::Index i, Eigen::Index j) { return importance[i] > importance[j]; });
  return order;
}

void require_uniform_density(const FeatureDistribution& features) {
  validate(features);
  if (!features.has_uniform_density())
    reject("density: the linear optimum needs one density for all features");
}

}  // namespace

UnitErrorByCount linear_error_by_count(const OutputUnit& unit) {
  const double n = double(unit.others.size());
  const double sum = unit.others.sum();
  const double squares = unit.others.squaredNorm();
  UnitErrorByCount result;
  for (Eigen::Index count = 0; count <= unit.others.size(); ++count) {
    const double k = double(count);
    const double one = n > 0.0 ? k / n : 0.0;                            // P(a feature is active)
    const double two = n > 1.0 ? k * (k - 1.0) / (n * (n - 1.0)) : 0.0;  // P(two given features are)
    const double second = one * squares / 3.0 + two * (sum * sum - squares) / 4.0;
    result.expected.push_back(
        exactly(always_on_error({{1.0, one * sum / 2.0, second}}, unit.bias, unit.own)));
  }
  return result;
}

double linear_optimum_loss(const FeatureDistribution& features, Eigen::Index hidden) {
  require_uniform_density(features);
  const std::vector<Eigen::Index> order = by_importance(features.importance);
  double dropped = 0.0;
  for (std::size_t k = std::size_t(hidden); k < order.size(); ++k) dropped += features.importance[order[k]];
  return variance(features.density[0]) * dropped;
}

ToyModel linear_optimum(const FeatureDistribution& features, Eigen::Index hidden) {
  require_uniform_density(features);
  const Eigen::Index n = features.features();
  ToyModel model{Eigen::MatrixXd::Zero(hidden, n), 0.5 * features.density, ModelKind::linear};
  const std::vector<Eigen::Index> order = by_importance(features.importance);
  for (Eigen::Index k = 0; k < std::min(hidden, n); ++k) {
    const Eigen::Index kept = order[std::size_t(k)];
    model.W(k, kept) = 1.0;
    model.b[kept] = 0.0;
  }
  return model;
}

}  // namespace digon
