#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/model/toy_model.hpp"

namespace digon {

/// One panel of the arrows figure.
struct ArrowsPanel {
  std::string title;     ///< e.g. "S = 0.9"
  std::string subtitle;  ///< e.g. the geometry and the loss
  Eigen::MatrixXd W;     ///< [2×n]
};

/// The paper's introductory figure: the columns of W as arrows, one panel a sparsity. `feature_names` [n] is
/// the legend. Writes path.svg, .png, .gp.
void draw_arrows(const std::filesystem::path& path, const std::vector<ArrowsPanel>& panels,
                 const std::vector<std::string>& feature_names);

}  // namespace digon
