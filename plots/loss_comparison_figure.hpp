#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace digon {

/// One trained model: its exact loss by number of active features beside its sampled loss. All losses are in
/// the same unit.
struct LossComparison {
  std::string label;          ///< e.g. "0.1", under the bar
  Eigen::VectorXd by_active;  ///< [n+1] weight × L̄_k, k = 0 … n; sums to the exact loss
  double exact = 0.0;
  double sampled = 0.0;
  double standard_error = 0.0;
};

struct LossComparisonLabels {
  std::string title;
  std::string x_axis;
  std::string y_axis;
};

/// Theory versus trained: above, the exact loss of the trained weights stacked by k with the sampled loss ± 4
/// standard errors; below, (sampled − exact) in standard errors. Writes path.svg, .png, .gp.
void draw_loss_comparison(const std::filesystem::path& path, const std::vector<LossComparison>& models,
                          const LossComparisonLabels& labels);

}  // namespace digon
