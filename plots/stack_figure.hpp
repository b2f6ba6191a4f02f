#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// One panel of the neuron stack figure.
struct StackPanel {
  std::string title;
  Eigen::MatrixXd weights;  ///< [neurons × features]
};

/// The paper's neuron stack plot: a column a neuron of stacked rectangles, height |weight|, colour = feature,
/// negative weights below the axis. Panels in rows of `columns`. Writes path.svg, .png, .gp.
void draw_stacks(const std::filesystem::path& path, const std::string& title,
                 const std::vector<StackPanel>& panels, std::size_t columns = 4);

}  // namespace digon
