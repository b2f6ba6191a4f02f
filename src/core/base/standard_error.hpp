#pragma once

#include <Eigen/Core>
#include <cmath>

namespace digon {

/// Of the mean of independent values, two or more of them: √(Σ(v − v̄)² / (N − 1) / N).
inline double standard_error(const Eigen::ArrayXd& values) {
  const auto count = double(values.size());
  return std::sqrt((values - values.mean()).square().sum() / (count - 1.0) / count);
}

}  // namespace digon
