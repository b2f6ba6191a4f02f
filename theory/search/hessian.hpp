#pragma once

#include "theory/search/local_descent.hpp"

namespace digon {

/// The Hessian of f at x [N×N], by central differences of its gradient over 1e-5 either way, made symmetric.
/// Across a kink of the gradient it is the mean of both sides.
Eigen::MatrixXd hessian(const SmoothFunction& f, const Eigen::VectorXd& x);

}  // namespace digon
