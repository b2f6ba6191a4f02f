#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// The features of one model as a graph.
struct FeatureGraphPanel {
  std::string title;
  std::string subtitle;  ///< e.g. "2 digons ⊥ triangle"
  Eigen::MatrixXd gram;  ///< WᵀW [n×n]
  /// Features that share dimensions, each drawn as its directions lie: a digon on a line, a polygon in its
  /// plane, what has more dimensions by its three widest, seen from aside.
  struct Component {
    std::vector<Eigen::Index> features;
    std::string name = {};  ///< written under it; empty: nothing
  };
  std::vector<Component> components;
};

/// Panels in rows of three. The paper's feature graphs, elhage2022 §4: a node a feature, an edge where
/// |W_i·W_j| is above `threshold`, coloured by its sign. Writes path.svg, .png, .gp.
void draw_feature_graphs(const std::filesystem::path& path, const std::string& title,
                         const std::vector<FeatureGraphPanel>& panels, double threshold = 0.15);

}  // namespace digon
