#include "theory/packing/point_moves.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "theory/packing/packing.hpp"

namespace digon {
namespace {

using Points = Eigen::MatrixXd;

Eigen::VectorXd random_direction(Eigen::Index dim, RandomDraws& random) {
  return random_points(1, dim, random.seed()).col(0);
}

Eigen::Index any_of(const Points& W, RandomDraws& random) {
  return Eigen::Index(random.below(std::size_t(W.cols())));
}

/// How near w is to each point: w·w_j, or |w·w_j|.
Eigen::VectorXd nearness(CodeKind kind, const Points& W, const Eigen::VectorXd& w) {
  const Eigen::VectorXd c = W.transpose() * w;
  return kind == CodeKind::lines ? Eigen::VectorXd(c.cwiseAbs()) : c;
}

/// Puts point i where the nearest of the others is furthest, of so many places at random.
void to_hole(Points& W, Eigen::Index i, RandomDraws& random) {
  constexpr Eigen::Index places = 64;
  const Points at = random_points(places, W.rows(), random.seed());
  double least = 2.0;
  Eigen::VectorXd hole = W.col(i);
  for (const auto& place : at.colwise()) {
    Eigen::VectorXd c = W.transpose() * place;
    c[i] = -2.0;
    if (c.maxCoeff() < least) {
      least = c.maxCoeff();
      hole = place;
    }
  }
  W.col(i) = hole;
}

/// The points in order of nearness to an axis, nearest first.
std::vector<Eigen::Index> by_nearness(CodeKind kind, const Points& W, const Eigen::VectorXd& axis) {
  const Eigen::VectorXd c = nearness(kind, W, axis);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(W.cols()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index j) { return c[i] > c[j]; });
  return order;
}

/// Turns points in the plane of two directions orthogonal to the axis and to each other.
void turn_cap(CodeKind kind, Points& W, RandomDraws& random) {
  const Eigen::VectorXd axis = random_direction(W.rows(), random);
  const std::vector<Eigen::Index> order = by_nearness(kind, W, axis);
  const std::size_t count = 1 + random.below(std::max<std::size_t>(1, order.size() / 2));
  Eigen::VectorXd u = random_direction(W.rows(), random);
  u = (u - axis.dot(u) * axis).normalized();
  Eigen::VectorXd v = random_direction(W.rows(), random);
  v -= axis.dot(v) * axis;
  v = (v - u.dot(v) * u).normalized();
  const double angle = 2.0 * std::numbers::pi * random.uniform();
  for (std::size_t k = 0; k < count; ++k) {
    auto w = W.col(order[k]);
    const double a = w.dot(u);
    const double b = w.dot(v);
    w += (a * (std::cos(angle) - 1.0) - b * std::sin(angle)) * u +
         (a * std::sin(angle) + b * (std::cos(angle) - 1.0)) * v;
  }
}

/// A random rotation: Gram and Schmidt's of random directions.
Eigen::MatrixXd random_rotation(Eigen::Index dim, RandomDraws& random) {
  Eigen::MatrixXd Q = random_points(dim, dim, random.seed());
  for (Eigen::Index a = 0; a < dim; ++a) {
    for (Eigen::Index b = 0; b < a; ++b) Q.col(a) -= Q.col(a).dot(Q.col(b)) * Q.col(b);
    Q.col(a).normalize();
  }
  return Q;
}

/// One cap of the code, the rest from another, turned at random.
Points splice(CodeKind kind, const Points& W, const Points& other, RandomDraws& random) {
  const Eigen::VectorXd axis = random_direction(W.rows(), random);
  const Points turned = random_rotation(W.rows(), random) * other;
  const std::vector<Eigen::Index> of_one = by_nearness(kind, W, axis);
  const std::vector<Eigen::Index> of_other = by_nearness(kind, turned, axis);
  const std::size_t n = of_one.size();
  const std::size_t count = n / 4 + random.below(n / 2 + 1);
  Points joined = W;
  for (std::size_t k = 0; k < n; ++k) {
    joined.col(Eigen::Index(k)) = k < count ? W.col(of_one[k]) : turned.col(of_other[k]);
  }
  return joined;
}

Move redraw(std::string name, int count) {
  return move_of(std::move(name), [count](Points& W, const auto& /*pool*/, RandomDraws& random) {
    for (int k = 0; k < count; ++k) W.col(any_of(W, random)) = random_direction(W.rows(), random);
  });
}

Move turn_cap(CodeKind kind) {
  return move_of("turn a cap",
                 [kind](Points& W, const auto& /*pool*/, RandomDraws& random) { turn_cap(kind, W, random); });
}

Move splice(CodeKind kind) {
  return move_of("splice", [kind](Points& W, const std::vector<Individual>& pool, RandomDraws& random) {
    W = splice(kind, W, pool[random.below(pool.size())].columns, random);
  });
}

}  // namespace

std::vector<Move> code_moves(CodeKind kind) {
  std::vector<Move> moves;
  moves.push_back(move_of("noise", [](Points& W, const auto& /*pool*/, RandomDraws& random) {
    const double size = 0.003 * std::pow(100.0, random.uniform());
    W = (W + size * random_points(W.cols(), W.rows(), random.seed())).colwise().normalized();
  }));
  moves.push_back(redraw("redraw three", 3));
  moves.push_back(turn_cap(kind));
  moves.push_back(splice(kind));
  return moves;
}

std::vector<Move> packing_moves() {
  std::vector<Move> moves;
  moves.push_back(move_of("one into a hole", [](Points& W, const auto& /*pool*/, RandomDraws& random) {
    to_hole(W, any_of(W, random), random);
  }));
  moves.push_back(redraw("redraw one", 1));
  moves.push_back(turn_cap(CodeKind::points));
  moves.push_back(splice(CodeKind::points));
  return moves;
}

}  // namespace digon
