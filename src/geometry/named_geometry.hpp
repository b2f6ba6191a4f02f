#pragma once

#include <Eigen/Core>
#include <string>
#include <utility>
#include <vector>

namespace digon {

/// Points that share dimensions with no other: an orthogonal component of a packing (a factor of the paper's
/// tegum product).
struct GeometryComponent {
  std::vector<Eigen::Index> points;
  Eigen::Index dimension = 0;  ///< rank of their Gram matrix
  std::string name;            ///< e.g. "pentagon"; empty if it has none here
};

/// The geometry of unit vectors, from their inner products alone.
struct Geometry {
  std::string
      name;  ///< e.g. "icosahedron", "octahedron", "2 × digon ⊥ triangle"; what has no name is counted out
  std::vector<GeometryComponent> components;
  std::vector<std::pair<double, std::size_t>> inner_products;  ///< of pairs i < j: value, how many; ascending
};

/// Inner products within `tolerance` of each other count as equal. Columns of W [m×n] are normalised first;
/// columns no longer than `absent_norm` are left out.
Geometry describe_geometry(const Eigen::MatrixXd& W, double tolerance = 1e-5, double absent_norm = 0.0);

}  // namespace digon
