#include "theory/optima/feature_moves.hpp"

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace digon {
namespace {

/// A feature shorter than this takes no part.
constexpr double absent_norm = 0.1;

/// The bias of a feature that is put in: a little below 0, as sparse features have it.
constexpr double new_bias = -0.1;

using Columns = Eigen::MatrixXd;

double norm_of(const Columns& columns, Eigen::Index i) {
  return columns.col(i).head(columns.rows() - 1).norm();
}

void exchange(Columns& columns, Eigen::Index i, Eigen::Index j) {
  columns.col(i).swap(columns.col(j));
}

/// The orthogonal matrix closest to A.
Eigen::MatrixXd nearest_rotation(const Eigen::MatrixXd& A) {
  const Eigen::JacobiSVD<Eigen::MatrixXd, Eigen::NoQRPreconditioner> svd(
      A, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return svd.matrixU() * svd.matrixV().transpose();
}

/// Puts feature i in a random direction.
void redraw(Columns& columns, Eigen::Index i, RandomDraws& random) {
  const Eigen::Index m = columns.rows() - 1;
  std::vector<double> normal(std::size_t{static_cast<std::size_t>(m)});
  fill_standard_normal(normal, {random.seed(), Purpose::initial_weights});
  columns.col(i).head(m) = Eigen::Map<const Eigen::VectorXd>(normal.data(), m).normalized();
  columns(m, i) = new_bias;
}

/// Takes a few features as another minimum has them, which is first turned as close to this one as a rotation
/// can.
void borrow(Columns& columns, const Columns& other, RandomDraws& random) {
  const Eigen::Index m = columns.rows() - 1;
  const Eigen::MatrixXd turn = nearest_rotation(columns.topRows(m) * other.topRows(m).transpose());
  const std::size_t count = 1 + random.below(std::max<std::size_t>(1, std::size_t(columns.cols()) / 2));
  for (std::size_t k = 0; k < count; ++k) {
    const auto i = Eigen::Index(random.below(std::size_t(columns.cols())));
    columns.col(i).head(m) = turn * other.col(i).head(m);
    columns(m, i) = other(m, i);
  }
}

/// The features that are present, or those that are not, in a given order.
std::vector<Eigen::Index> features_that(const Columns& columns, const std::vector<Eigen::Index>& order,
                                        bool present) {
  std::vector<Eigen::Index> found;
  for (const Eigen::Index i : order) {
    if ((norm_of(columns, i) >= absent_norm) == present) found.push_back(i);
  }
  return found;
}

Eigen::Index any_of(const std::vector<Eigen::Index>& features, RandomDraws& random) {
  return features[random.below(features.size())];
}

/// The features that a change may pay for: those that are present, and of the absent the few of greatest
/// weight. Where features are dense most are absent, and nothing changes where two of those are exchanged.
std::vector<Eigen::Index> features_in_play(const Columns& columns, const std::vector<Eigen::Index>& order) {
  std::vector<Eigen::Index> found = features_that(columns, order, true);
  const std::vector<Eigen::Index> absent = features_that(columns, order, false);
  const std::size_t few = std::min(absent.size(), 2 + found.size() / 8);
  found.insert(found.end(), absent.begin(), absent.begin() + std::ptrdiff_t(few));
  return found;
}

}  // namespace

std::vector<Move> feature_moves(const Eigen::VectorXd& weight) {
  std::vector<Eigen::Index> order(std::size_t(weight.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](auto i, auto j) { return weight[i] > weight[j]; });

  std::vector<Move> moves;
  moves.push_back(move_of("redraw one", [order](Columns& columns, const auto& /*pool*/, RandomDraws& random) {
    redraw(columns, any_of(features_in_play(columns, order), random), random);
  }));
  moves.push_back(move_of("redraw two", [order](Columns& columns, const auto& /*pool*/, RandomDraws& random) {
    const std::vector<Eigen::Index> features = features_in_play(columns, order);
    redraw(columns, any_of(features, random), random);
    redraw(columns, any_of(features, random), random);
  }));
  moves.push_back(move_of("oppose", [order](Columns& columns, const auto& /*pool*/, RandomDraws& random) {
    const std::vector<Eigen::Index> present = features_that(columns, order, true);
    const std::vector<Eigen::Index> features = features_in_play(columns, order);
    const Eigen::Index i = any_of(features, random);
    if (present.empty()) return redraw(columns, i, random);
    const Eigen::Index to = any_of(present, random);
    if (i == to) return redraw(columns, i, random);
    const Eigen::Index m = columns.rows() - 1;
    columns.col(i).head(m) = -columns.col(to).head(m) / std::max(1.0, columns.col(to).head(m).squaredNorm());
    columns(m, i) = 0.0;
    columns(m, to) = std::max(columns(m, to), new_bias);
  }));
  moves.push_back(
      move_of("borrow", [](Columns& columns, const std::vector<Individual>& pool, RandomDraws& random) {
        borrow(columns, pool[random.below(pool.size())].columns, random);
      }));
  if (weight.maxCoeff() <= weight.minCoeff() * (1.0 + 1e-12)) return moves;

  // Features of different weight: who is where matters.
  moves.push_back(move_of("exchange", [order](Columns& columns, const auto& /*pool*/, RandomDraws& random) {
    const std::vector<Eigen::Index> features = features_in_play(columns, order);
    if (features.size() < 2) return;
    const std::size_t k = random.below(features.size() - 1);
    exchange(columns, features[k], features[std::min(features.size() - 1, k + 1 + random.below(3))]);
  }));
  moves.push_back(
      move_of("cycle three", [order](Columns& columns, const auto& /*pool*/, RandomDraws& random) {
        const std::vector<Eigen::Index> features = features_in_play(columns, order);
        const Eigen::Index i = any_of(features, random);
        const Eigen::Index j = any_of(features, random);
        exchange(columns, i, j);
        exchange(columns, j, any_of(features, random));
      }));
  moves.push_back(
      move_of("absent for present", [order](Columns& columns, const auto& /*pool*/, RandomDraws& random) {
        const std::vector<Eigen::Index> absent = features_that(columns, order, false);
        const std::vector<Eigen::Index> present = features_that(columns, order, true);
        if (absent.empty() || present.empty()) {
          return redraw(columns, any_of(order, random), random);
        }
        exchange(columns, any_of(absent, random), any_of(present, random));
      }));
  return moves;
}

Eigen::MatrixXd random_features(Eigen::Index features, Eigen::Index hidden, RandomDraws& random) {
  std::vector<double> normal(std::size_t(hidden * features));
  fill_standard_normal(normal, {random.seed(), Purpose::initial_weights});
  Eigen::MatrixXd columns = Eigen::MatrixXd::Zero(hidden + 1, features);
  columns.topRows(hidden) =
      0.8 / std::sqrt(double(hidden)) * Eigen::Map<const Eigen::MatrixXd>(normal.data(), hidden, features);
  return columns;
}

}  // namespace digon
