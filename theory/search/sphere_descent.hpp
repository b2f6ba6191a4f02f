#pragma once

#include <ceres/first_order_function.h>

#include <Eigen/Core>

namespace digon {

/// Where L-BFGS on the product of n spheres (Ceres) ends from the columns of W [m×n], which need not be of
/// length 1. Takes ownership of the function, as Ceres does; its parameters are W column by column.
Eigen::MatrixXd descend_on_spheres(ceres::FirstOrderFunction* function, const Eigen::MatrixXd& W);

/// A gradient by W projected onto the tangent spaces of the spheres.
Eigen::MatrixXd along_spheres(const Eigen::MatrixXd& W, const Eigen::MatrixXd& by_W);

}  // namespace digon
