#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// Vectors in three dimensions in groups, seen from aside; the tips of a group are joined.
struct VectorsPanel {
  std::string title;
  std::string subtitle;
  Eigen::Matrix3Xd vectors;
};

/// A group of columns of every panel.
struct VectorGroup {
  std::string name;  ///< in the legend
  std::vector<Eigen::Index> columns;
  std::size_t color = 0;  ///< as of feature_color
};

/// Panels side by side, of one scale and one view. Writes path.svg, .png, .gp.
void draw_vectors(const std::filesystem::path& path, const std::string& title,
                  const std::vector<VectorsPanel>& panels, const std::vector<VectorGroup>& groups);

}  // namespace digon
