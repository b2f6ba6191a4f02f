#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

#include "plots/grid_figure.hpp"

namespace digon {

/// Absent, dedicated, superposed, by number.
std::vector<GridCategory> phase_categories();

/// The phase diagram on a grid that is even in the logarithms.
struct PhaseDiagram {
  std::string title;
  Eigen::VectorXd density;              ///< [columns], ascending
  Eigen::VectorXd relative_importance;  ///< [rows], ascending
  Eigen::MatrixXi candidate_phase;      ///< [rows×columns] 0 absent, 1 dedicated, 2 superposed
  Eigen::MatrixXi exact_phase;          ///< [rows×columns]
  Eigen::MatrixXd exact_loss;           ///< [rows×columns] of the exact optimum
  Eigen::MatrixXd candidate_excess;     ///< [rows×columns] (best candidate − exact optimum)/exact optimum
  std::vector<Eigen::Vector2d> boundary;  ///< points of the exact boundary: density, relative importance
  Eigen::MatrixXi trained_phase;          ///< [rows×columns], or empty: no trained models
  Eigen::MatrixXd trained_excess;         ///< [rows×columns] (trained − exact optimum)/exact optimum
};

/// Panels on the same axes: the phases of the hand-built candidates, of the exact optimum and, if there are
/// any, of trained models; and how far the trained models, or else the best candidate, are above the optimum;
/// the exact boundary over all. Writes path.svg, .png, .gp.
void draw_phases(const std::filesystem::path& path, const PhaseDiagram& diagram);

}  // namespace digon
