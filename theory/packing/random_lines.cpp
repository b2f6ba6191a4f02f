#include "theory/packing/random_lines.hpp"

#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "core/algebra/products.hpp"
#include "core/base/random.hpp"
#include "theory/packing/packing.hpp"
#include "theory/search/sphere_descent.hpp"

namespace digon {

double random_cosine_above(Eigen::Index dim, double t) {
  return boost::math::ibeta(0.5 * double(dim - 1), 0.5, (1.0 - t) * (1.0 + t));
}

double random_coherence(Eigen::Index points, Eigen::Index dim) {
  // E max = ∫ P(max > t) dt, P(max ≤ t) = (1 − P(|cos| > t))^pairs, by Simpson's rule.
  const double pairs = 0.5 * double(points) * double(points - 1);
  const auto above = [&](double t) { return -std::expm1(pairs * std::log1p(-random_cosine_above(dim, t))); };
  constexpr int pieces = 20000;
  double sum = above(0.0) + above(1.0);
  for (int k = 1; k < pieces; ++k) sum += (k % 2 == 1 ? 4.0 : 2.0) * above(double(k) / pieces);
  return sum / (3.0 * pieces);
}

double union_bound_log(Eigen::Index dim, double epsilon) {
  return 0.25 * double(dim) * epsilon * epsilon;
}

double covering_bound_log(Eigen::Index dim, double epsilon) {
  return -std::log(random_cosine_above(dim, epsilon));
}

Eigen::MatrixXd greedy_lines(Eigen::Index dim, double epsilon, std::size_t candidates, Eigen::Index most,
                             std::uint64_t seed) {
  Eigen::MatrixXd W(dim, most);
  Eigen::Index count = 0;
  for (std::size_t k = 0; k < candidates && count < most; ++k) {
    const Eigen::VectorXd w = random_points(1, dim, derive_seed(seed, k)).col(0);
    bool fits = true;
    for (Eigen::Index i = 0; i < count && fits; ++i) fits = std::abs(W.col(i).dot(w)) <= epsilon;
    if (fits) W.col(count++) = w;
  }
  return W.leftCols(count);
}

Eigen::MatrixXd descend_to_lines(Eigen::Index points, Eigen::Index dim, double epsilon, std::uint64_t seed) {
  const PointsFunction excess = [&](Eigen::Map<const Eigen::MatrixXd> W, Eigen::Map<Eigen::MatrixXd> by_W) {
    Eigen::MatrixXd slope = gram(W);  // becomes sign(c) max(|c| − ε, 0) off the diagonal
    slope.diagonal().setZero();
    slope = slope.array() - slope.array().max(-epsilon).min(epsilon);
    by_W = product(W, 2.0 * slope);
    return 0.5 * slope.squaredNorm();
  };
  // A little below ε, so that what comes near it is within.
  epsilon -= 1e-6;
  constexpr DescentOptions to_zero{.steps = 1000,
                                   .memory = 8,
                                   .function_tolerance = 1e-4,
                                   .gradient_tolerance = 1e-10,
                                   .parameter_tolerance = 1e-10};
  return descend_on_spheres(excess, random_points(points, dim, seed), to_zero);
}

}  // namespace digon
