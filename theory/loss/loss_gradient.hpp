#pragma once

#include <Eigen/Core>
#include <cstddef>

namespace digon {

/// A loss of a toy model and its gradient.
struct LossGradient {
  double loss = 0.0;
  double error = 0.0;             ///< estimate of the numerical error of the loss
  Eigen::MatrixXd by_W;           ///< ∂L/∂W [m×n]
  Eigen::VectorXd by_b;           ///< ∂L/∂b [n]
  std::size_t nodes = 0;          ///< quadrature nodes, over all outputs; 0 where the loss is in closed form
  Eigen::MatrixXd by_W_out = {};  ///< ∂L/∂W_out [n×m], of an untied model alone
};

}  // namespace digon
