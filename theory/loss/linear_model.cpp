#include "theory/loss/linear_model.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "core/algebra/dense_solvers.hpp"
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

/// Cov(x_i, x_j) [n×n].
Eigen::MatrixXd covariance(const FeatureDistribution& features) {
  if (features.data) {
    const Eigen::MatrixXd apart = features.data->x.colwise() - features.data->x.rowwise().mean();
    return apart * apart.transpose() / double(apart.cols());
  }
  const double mean = 0.5 * (features.values.least + features.values.greatest);  // of an active feature
  const Eigen::VectorXd& p = features.density;
  const double n = double(p.size());
  Eigen::MatrixXd both = p * p.transpose();  // P(i and j are active)
  if (features.active) {
    const double K = double(*features.active);
    both.setConstant(n > 1.0 ? K * (K - 1.0) / (n * (n - 1.0)) : 0.0);
  }
  for (const FeatureSet& set : features.sets) {
    for (const Eigen::Index i : set.members) {
      for (const Eigen::Index j : set.members) {
        both(i, j) = set.relation == SetRelation::anticorrelated
                         ? 0.0
                         : set.correlation * p[i] + (1.0 - set.correlation) * p[i] * p[i];
      }
    }
  }
  Eigen::MatrixXd all = mean * mean * (both - p * p.transpose());
  all.diagonal() = feature_variances(law_of(features), p);
  return all;
}

/// The first pair of features that covary and differ in importance, if there is one.
std::optional<std::pair<Eigen::Index, Eigen::Index>> find_uneven_pair(const FeatureDistribution& features) {
  if (features.are_independent()) return std::nullopt;
  const Eigen::MatrixXd C = covariance(features);
  for (Eigen::Index i = 0; i < C.rows(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      if (C(i, j) != 0.0 && features.importance[i] != features.importance[j]) return std::pair{j, i};
    }
  }
  return std::nullopt;
}

void require_optimum(const FeatureDistribution& features) {
  validate(features);
  if (const auto pair = find_uneven_pair(features)) {
    reject(
        "linear optimum: features {} and {} are not independent and of importances {} and {}; accepted: one "
        "importance, where features depend on one another",
        pair->first, pair->second, features.importance[pair->first], features.importance[pair->second]);
  }
}

/// Directions of the features, orthonormal, and what it costs to drop each.
struct DirectionsByCost {
  Eigen::VectorXd cost;  ///< [n]
  Eigen::MatrixXd of;    ///< [n×n], a column each
};

/// The principal components of all features that share an importance.
DirectionsByCost principal_directions(const FeatureDistribution& features) {
  const Eigen::Index n = features.features();
  const Eigen::MatrixXd C = covariance(features);
  std::map<double, std::vector<Eigen::Index>> by_importance;
  for (Eigen::Index i = 0; i < n; ++i) by_importance[features.importance[i]].push_back(i);
  DirectionsByCost all{Eigen::VectorXd(n), Eigen::MatrixXd::Zero(n, n)};
  Eigen::Index column = 0;
  for (const auto& [importance, members] : by_importance) {
    const auto size = Eigen::Index(members.size());
    const SymmetricEigen components = symmetric_eigen(C(members, members));
    all.cost.segment(column, size) = importance * components.values.cwiseMax(0.0);
    all.of.middleCols(column, size)(members, Eigen::all) = components.vectors;
    column += size;
  }
  return all;
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
  require_optimum(features);
  const Eigen::VectorXd cost =
      features.are_independent() ? cost_of_dropping(features) : principal_directions(features).cost;
  const std::vector<Eigen::Index> order = by_cost(cost);
  double dropped = 0.0;
  for (std::size_t k = std::size_t(hidden); k < order.size(); ++k) dropped += cost[order[k]];
  return dropped;
}

bool has_linear_optimum(const FeatureDistribution& features) {
  return !find_uneven_pair(features);
}

ToyModel linear_optimum(const FeatureDistribution& features, Eigen::Index hidden) {
  require_optimum(features);
  const Eigen::Index n = features.features();
  ToyModel model{Eigen::MatrixXd::Zero(hidden, n), feature_means(law_of(features), features.density),
                 ModelKind::linear};
  if (!features.are_independent()) {
    const DirectionsByCost directions = principal_directions(features);
    const std::vector<Eigen::Index> order = by_cost(directions.cost);
    for (Eigen::Index k = 0; k < std::min(hidden, n); ++k) {
      model.W.row(k) = directions.of.col(order[std::size_t(k)]);
    }
    if (features.data) model.b = features.data->x.rowwise().mean();
    model.b -= model.W.transpose() * (model.W * model.b).eval();
    return model;
  }
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
