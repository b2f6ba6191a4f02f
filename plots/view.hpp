#pragma once

#include <Eigen/Core>

namespace digon {

/// Turns vectors so that, seen from z = +∞, no axis of a polytope along the coordinates is end-on.
Eigen::Matrix3d oblique_view();

}  // namespace digon
