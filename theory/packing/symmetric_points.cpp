#include "theory/packing/symmetric_points.hpp"

#include <cmath>
#include <numbers>

#include "theory/packing/packing.hpp"

namespace digon {
namespace {

constexpr int most_order = 12;

/// Turns each of the planes of two successive axes by a whole number of `order`ths; the axis that is left in
/// odd dimensions stays or is reflected.
Eigen::MatrixXd random_symmetry(Eigen::Index dim, int order, RandomDraws& random) {
  Eigen::MatrixXd R = Eigen::MatrixXd::Identity(dim, dim);
  for (Eigen::Index a = 0; a + 1 < dim; a += 2) {
    const double angle = 2.0 * std::numbers::pi * double(random.below(std::size_t(order))) / order;
    R(a, a) = R(a + 1, a + 1) = std::cos(angle);
    R(a + 1, a) = std::sin(angle);
    R(a, a + 1) = -R(a + 1, a);
  }
  if (dim % 2 == 1 && random.uniform() < 0.5) R(dim - 1, dim - 1) = -1.0;
  return R;
}

/// w with some coordinates 0, of all planes but one: where it leaves a plane its orbit may be shorter.
Eigen::VectorXd thinned(Eigen::VectorXd w, RandomDraws& random) {
  const Eigen::Index dim = w.size();
  const Eigen::Index kept = Eigen::Index(random.below(std::size_t(dim + 1) / 2));
  for (Eigen::Index a = 0; a < dim; ++a) {
    if (a / 2 != kept && random.uniform() < 0.5) w[a] = 0.0;
  }
  return w.normalized();
}

/// Whether w is one of the points (of the lines) already.
bool holds(CodeKind kind, const Eigen::Ref<const Eigen::MatrixXd>& W, const Eigen::VectorXd& w) {
  constexpr double same = 1.0 - 1e-9;
  const Eigen::VectorXd c = W.transpose() * w;
  return ((kind == CodeKind::lines ? c.cwiseAbs() : c).array() > same).any();
}

}  // namespace

Eigen::MatrixXd random_symmetric_points(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                        RandomDraws& random) {
  const double u = random.uniform();
  const int order = 2 + int(u * u * (most_order - 1));  // low ones more often
  const Eigen::MatrixXd R = random_symmetry(dim, order, random);
  Eigen::MatrixXd W(dim, points);
  Eigen::Index count = 0;
  constexpr int tries = 100;
  for (int failed = 0; count < points && failed < tries;) {
    Eigen::VectorXd w = random_points(1, dim, random.seed()).col(0);
    if (failed > 0) w = thinned(w, random);
    Eigen::Index end = count;
    for (; end < points && !holds(kind, W.leftCols(end), w); w = R * w) W.col(end++) = w;
    if (end > count && holds(kind, W.col(count), w)) {
      count = end;  // the orbit has closed
    } else {
      ++failed;
    }
  }
  if (count < points) W.rightCols(points - count) = random_points(points - count, dim, random.seed());
  return W;
}

}  // namespace digon
