#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace digon {

/// Unit vectors and the inner products between them.
struct PackingDrawing {
  std::string title;  ///< e.g. "n = 12 points in m = 3, Coulomb energy 49.165253"
  Eigen::MatrixXd W;  ///< [m×n], columns of length 1
  std::vector<std::pair<double, std::size_t>> inner_products;  ///< value, number of pairs
};

/// Left the points: on the circle (m = 2), on the sphere with the edges of their hull, the hidden ones dashed
/// (m = 3), or their Gram matrix (m > 3). Right the inner products and how many pairs have them. Writes
/// path.svg, .png, .gp.
void draw_packing(const std::filesystem::path& path, const PackingDrawing& drawing);

/// An edge of a convex hull in R³, between two columns of its points.
struct HullEdge {
  Eigen::Index from = 0;
  Eigen::Index to = 0;
  bool visible = false;  ///< from z = +∞: a face beside it looks there
};
std::vector<HullEdge> hull_edges(const Eigen::MatrixXd& points);

}  // namespace digon
