#include "geometry/represented.hpp"

namespace digon {

std::vector<Eigen::Index> represented_features(const Eigen::MatrixXd& W) {
  std::vector<Eigen::Index> features;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    if (W.col(i).norm() > represented_norm) features.push_back(i);
  }
  return features;
}

}  // namespace digon
