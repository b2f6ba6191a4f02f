#pragma once

#include <Eigen/Core>
#include <functional>

#include "theory/search/local_descent.hpp"

namespace digon {

/// A function of n points of R^m, the columns of W [m×n], and its gradient by W, to be written [m×n], which
/// need not be along the spheres.
using PointsFunction =
    std::function<double(Eigen::Map<const Eigen::MatrixXd> W, Eigen::Map<Eigen::MatrixXd> by_W)>;

/// Points are many and their descents long: little memory, and no end before the energy is down to rounding.
inline constexpr DescentOptions points_descent{
    .steps = 20000, .memory = 8, .function_tolerance = 1e-13, .gradient_tolerance = 1e-11};

/// Where a local descent with every column of W [m×n] on the unit sphere ends. Columns need not be of length
/// 1 at first; they are at the end, to 1e-15. The value is a strict minimum's to 1e-13.
///
/// Example: f(W) = w_1·w_2 from (1, 0)ᵀ and (0, 1)ᵀ ends at two opposite points, f = −1.
Eigen::MatrixXd descend_on_spheres(const PointsFunction& f, const Eigen::MatrixXd& W,
                                   const DescentOptions& options = points_descent);

/// A gradient by W projected onto the tangent spaces of the spheres.
Eigen::MatrixXd along_spheres(const Eigen::MatrixXd& W, const Eigen::MatrixXd& by_W);

}  // namespace digon
