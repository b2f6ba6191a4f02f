#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/model/toy_model.hpp"

namespace digon {

/// The ONE check of derivatives: what a function says its value, gradient and Hessian are, against
/// differences of its values.
///
/// Central differences at steps h and h/2, extrapolated (Richardson), are exact to h⁴: of x⁵ at x = 1, whose
/// derivative is 5, h = 0.1 alone gives 5.1001, extrapolated 4.999975. At the h = 1e-3 used here rounding
/// decides.

/// All that is said must agree to this share of the largest entry beside it (and of the value, whose rounding
/// the differences see).
inline constexpr double derivative_tolerance = 1e-7;

/// What is said at a point. An empty Hessian is not checked.
struct Derivatives {
  double value = 0.0;
  Eigen::VectorXd gradient;
  Eigen::MatrixXd hessian = {};
};

/// `f` maps a vector to a value. A smaller step for functions with kinks nearby.
template <typename Function>
void check_derivatives(Function f, const Eigen::VectorXd& x, const Derivatives& said, double step = 1e-3) {
  const auto at = [&](Eigen::Index i, double by_i, Eigen::Index k, double by_k) {
    Eigen::VectorXd moved = x;
    moved[i] += by_i;
    moved[k] += by_k;
    return double(f(moved));
  };
  const auto extrapolated = [&](auto difference) {
    return (4.0 * difference(step / 2) - difference(step)) / 3.0;
  };

  const double value = f(x);
  CHECK(std::abs(said.value - value) <= derivative_tolerance * std::abs(value));

  REQUIRE(said.gradient.size() == x.size());
  Eigen::VectorXd gradient(x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    gradient[i] = extrapolated([&](double h) { return (at(i, h, i, 0.0) - at(i, -h, i, 0.0)) / (2.0 * h); });
  }
  {
    CAPTURE(said.gradient.transpose(), gradient.transpose());
    const double scale = std::max(gradient.cwiseAbs().maxCoeff(), std::abs(value));
    CHECK((said.gradient - gradient).cwiseAbs().maxCoeff() <= derivative_tolerance * scale);
  }

  if (said.hessian.size() == 0) return;
  REQUIRE(said.hessian.rows() == x.size());
  REQUIRE(said.hessian.cols() == x.size());
  Eigen::MatrixXd hessian(x.size(), x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    for (Eigen::Index k = 0; k <= i; ++k) {
      hessian(i, k) = hessian(k, i) = extrapolated([&](double h) {
        if (i == k) return (at(i, h, i, 0.0) - 2.0 * value + at(i, -h, i, 0.0)) / (h * h);
        return (at(i, h, k, h) - at(i, h, k, -h) - at(i, -h, k, h) + at(i, -h, k, -h)) / (4.0 * h * h);
      });
    }
  }
  CAPTURE(said.hessian, hessian);
  const double scale = std::max(hessian.cwiseAbs().maxCoeff(), std::abs(value));
  CHECK((said.hessian - hessian).cwiseAbs().maxCoeff() <= derivative_tolerance * scale);
}

/// W and b in one vector, W column by column, as gradients of losses and Hessians order them.
inline Eigen::VectorXd parameters_of(const Eigen::MatrixXd& W, const Eigen::VectorXd& b) {
  Eigen::VectorXd x(W.size() + b.size());
  x << W.reshaped(), b;
  return x;
}

/// The model of `like`'s shape and kind with those parameters.
inline ToyModel with_parameters(const ToyModel& like, const Eigen::VectorXd& x) {
  ToyModel model = like;
  model.W = x.head(like.W.size()).reshaped(like.hidden(), like.features());
  model.b = x.tail(like.features());
  return model;
}

}  // namespace digon
