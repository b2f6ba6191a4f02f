#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// The phase diagram on a grid that is even in the logarithms.
struct PhaseDiagram {
  std::string title;
  Eigen::VectorXd density;              ///< [columns], ascending
  Eigen::VectorXd relative_importance;  ///< [rows], ascending
  Eigen::MatrixXi candidate_phase;      ///< [rows×columns] 0 absent, 1 dedicated, 2 superposed
  Eigen::MatrixXi exact_phase;          ///< [rows×columns]
  Eigen::MatrixXd excess;               ///< [rows×columns] (best candidate − exact optimum)/exact optimum
  std::vector<Eigen::Vector2d> boundary;  ///< points of the exact boundary: density, relative importance
};

/// Three panels on the same axes: the hand-built candidates' phases, the exact optimum's, and how far the
/// best candidate is above the optimum; the exact boundary over all. Writes path.svg, .png, .gp.
void draw_phases(const std::filesystem::path& path, const PhaseDiagram& diagram);

}  // namespace digon
