#pragma once

#include "geometry/named_geometry.hpp"

namespace digon {

/// The geometry of trained columns of W [m×n], by name: features of norm 1/2 count as represented, and inner
/// products of normalised columns may be 0.05 from those of the polytope.
inline Geometry geometry_of_trained(const Eigen::MatrixXd& W) {
  constexpr double represented_norm = 0.5;
  constexpr double tolerance = 0.05;
  return describe_geometry(W, tolerance, represented_norm);
}

}  // namespace digon
