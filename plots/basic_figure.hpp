#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// One column of the basic figure.
struct BasicPanel {
  std::string title;              ///< e.g. "linear", "1 − S = 0.03"
  Eigen::MatrixXd gram;           ///< WᵀW [n×n]
  Eigen::VectorXd b;              ///< [n]
  Eigen::VectorXd norm;           ///< ‖W_i‖ [n]
  Eigen::VectorXd superposition;  ///< Σ_{j≠i} (Ŵ_i·W_j)² [n]
};

/// The paper's "basic results" figure: above, WᵀW and b as colours; below, a bar ‖W_i‖ a feature, coloured by
/// its superposition. Writes path.svg, .png, .gp.
void draw_basic(const std::filesystem::path& path, const std::vector<BasicPanel>& panels);

}  // namespace digon
