#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// A model with a hidden layer as a graph.
struct NetworkPanel {
  std::string title;
  Eigen::MatrixXd W;      ///< [m×n] into the neurons
  Eigen::MatrixXd W_out;  ///< [n×m] out of them
};

/// Features above, neurons, features below, as elhage2022 §7 draws them: a line a weight, as wide as it is
/// large, coloured by its sign; weights below a twentieth of the largest have none. A neuron's scale, which
/// changes nothing, is chosen so that its largest weights in and out are equal. Panels in rows of `columns`.
/// Writes path.svg, .png, .gp.
void draw_networks(const std::filesystem::path& path, const std::string& title,
                   const std::vector<NetworkPanel>& panels, std::size_t columns = 2);

}  // namespace digon
