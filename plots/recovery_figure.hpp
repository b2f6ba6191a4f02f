#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// Success of recovery over (δ, ρ), and a threshold over it.
struct RecoveryPanel {
  std::string title;
  std::vector<double> delta;                    ///< [columns], ascending
  std::vector<double> rho;                      ///< [rows], ascending
  Eigen::MatrixXd share;                        ///< [rows×columns], 0 to 1
  std::vector<Eigen::Vector2d> threshold = {};  ///< (δ, ρ(δ))
  std::vector<Eigen::Vector2d> half = {};       ///< where half is recovered
};

/// Panels side by side; cells reach half way to their neighbours. Writes path.svg, .png, .gp.
void draw_recovery(const std::filesystem::path& path, const std::string& title,
                   const std::vector<RecoveryPanel>& panels);

}  // namespace digon
