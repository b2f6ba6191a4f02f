#include "theory/optima/neuron_moves.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "theory/optima/feature_moves.hpp"

namespace digon {
namespace {

using Columns = Eigen::MatrixXd;
using Index = Eigen::Index;

double normal(RandomDraws& random) {
  std::array<double, 1> one{};
  fill_standard_normal(one, {random.seed(), Purpose::initial_weights});
  return one[0];
}

Index one_below(Index count, RandomDraws& random) {
  return Index(random.below(std::size_t(count)));
}

/// The weights into and out of neurons: rows a and, of an untied model, m + a.
struct Circuits {
  bool is_tied = true;
  Index m = 0;

  void set(Columns& columns, Index neuron, Index feature, double weight) const {
    columns(neuron, feature) = weight;
    if (!is_tied) columns(m + neuron, feature) = std::abs(weight);
  }
  void redraw_feature(Columns& columns, Index feature, RandomDraws& random) const {
    const double scale = 1.0 / std::sqrt(double(m));
    for (Index a = 0; a < m; ++a) set(columns, a, feature, scale * normal(random));
    columns(columns.rows() - 1, feature) = 0.0;
  }
  /// A neuron that hears one feature, of either sign where both matter.
  void give_neuron(Columns& columns, Index neuron, Index feature, RandomDraws& random) const {
    for (Index i = 0; i < columns.cols(); ++i) set(columns, neuron, i, 0.05 * normal(random));
    const bool negative = !is_tied && random.uniform() < 0.5;
    set(columns, neuron, feature, negative ? -1.0 : 1.0);
    columns(columns.rows() - 1, feature) = 0.0;
  }
  void redraw_neuron(Columns& columns, Index neuron, RandomDraws& random) const {
    const double scale = 1.0 / std::sqrt(double(m));
    for (Index i = 0; i < columns.cols(); ++i) set(columns, neuron, i, scale * normal(random));
  }
  void copy_neuron(Columns& to, Index neuron, const Columns& from, Index other) const {
    to.row(neuron) = from.row(other);
    if (!is_tied) to.row(m + neuron) = from.row(m + other);
  }
  /// The neuron of a model whose weights in are nearest to those of a neuron of another.
  [[nodiscard]] Index nearest(const Columns& columns, const Columns& other, Index neuron) const {
    Index best = 0;
    for (Index a = 1; a < m; ++a) {
      if ((columns.row(a) - other.row(neuron)).squaredNorm() <
          (columns.row(best) - other.row(neuron)).squaredNorm()) {
        best = a;
      }
    }
    return best;
  }
};

}  // namespace

std::vector<Move> neuron_moves(ModelKind kind, Eigen::Index hidden, const Eigen::VectorXd& weight) {
  const Circuits circuits{is_tied(kind), hidden};
  std::vector<Move> moves;
  moves.push_back(move_of("redraw a feature", [=](Columns& columns, const auto&, RandomDraws& random) {
    circuits.redraw_feature(columns, one_below(columns.cols(), random), random);
  }));
  moves.push_back(move_of("redraw a neuron", [=](Columns& columns, const auto&, RandomDraws& random) {
    circuits.redraw_neuron(columns, one_below(hidden, random), random);
  }));
  moves.push_back(move_of("give a neuron", [=](Columns& columns, const auto&, RandomDraws& random) {
    circuits.give_neuron(columns, one_below(hidden, random), one_below(columns.cols(), random), random);
  }));
  moves.push_back(move_of(
      "borrow neurons", [=](Columns& columns, const std::vector<Individual>& pool, RandomDraws& random) {
        const Columns& other = pool[random.below(pool.size())].columns;
        const Index count = 1 + one_below(std::max<Index>(1, hidden / 2), random);
        for (Index k = 0; k < count; ++k) {
          const Index neuron = one_below(hidden, random);
          circuits.copy_neuron(columns, circuits.nearest(columns, other, neuron), other, neuron);
        }
      }));
  if (weight.maxCoeff() <= weight.minCoeff() * (1.0 + 1e-12)) return moves;

  // Features of different weight: who is where matters.
  moves.push_back(move_of("exchange any", [](Columns& columns, const auto&, RandomDraws& random) {
    const Index i = one_below(columns.cols(), random);
    columns.col(i).swap(columns.col(one_below(columns.cols(), random)));
  }));
  std::vector<Index> order(std::size_t(weight.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return weight[i] > weight[j]; });
  moves.push_back(move_of("exchange", [order](Columns& columns, const auto&, RandomDraws& random) {
    const std::size_t k = random.below(order.size() - 1);
    const std::size_t l = std::min(order.size() - 1, k + 1 + random.below(3));
    columns.col(order[k]).swap(columns.col(order[l]));
  }));
  return moves;
}

Eigen::MatrixXd random_circuits(ModelKind kind, Eigen::Index features, Eigen::Index hidden,
                                RandomDraws& random) {
  const Eigen::MatrixXd tied = random_features(features, hidden, random);
  if (is_tied(kind)) return tied;
  Eigen::MatrixXd columns = Eigen::MatrixXd::Zero(2 * hidden + 1, features);
  columns.topRows(hidden) = tied.topRows(hidden);
  columns.middleRows(hidden, hidden) = tied.topRows(hidden).cwiseAbs();
  return columns;
}

}  // namespace digon
