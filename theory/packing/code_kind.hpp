#pragma once

#include <Eigen/Core>

namespace digon {

/// Whether points w and −w are told apart: a spherical code keeps w_i·w_j low, a set of lines |w_i·w_j|.
enum class CodeKind { points, lines };

/// The largest w_i·w_j, or |w_i·w_j|, of columns of length 1 [m×n].
double coherence(CodeKind kind, const Eigen::MatrixXd& W);

}  // namespace digon
