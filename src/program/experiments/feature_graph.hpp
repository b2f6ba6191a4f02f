#pragma once

#include "plots/feature_graph_figure.hpp"

namespace digon {

/// The feature graph of W [m×n], its components by name: those of more than two features are named in the
/// figure, all in its subtitle.
FeatureGraphPanel feature_graph(const std::string& title, const Eigen::MatrixXd& W);

}  // namespace digon
