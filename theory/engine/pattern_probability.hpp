#pragma once

#include <Eigen/Core>
#include <initializer_list>

namespace digon {

/// The probability of each small activity pattern of the other features: of densities (0.1, 0.2), exactly the
/// first is active with probability 0.1 · 0.8 = 0.08.
class PatternProbability {
 public:
  explicit PatternProbability(const Eigen::VectorXd& density) : density_(density) {
    for (const double p : density) {
      if (p == 1.0) {
        ++always_;
      } else {
        others_off_ *= 1.0 - p;
      }
    }
  }

  /// Exactly the given features are active.
  [[nodiscard]] double exactly(std::initializer_list<Eigen::Index> active) const {
    double probability = others_off_;
    int always = always_;
    for (const Eigen::Index i : active) {
      if (density_[i] == 1.0) {
        --always;
      } else {
        probability *= density_[i] / (1.0 - density_[i]);
      }
    }
    return always == 0 ? probability : 0.0;
  }

 private:
  const Eigen::VectorXd& density_;
  double others_off_ = 1.0;  // Π S_i over the features that are not always on
  int always_ = 0;           // features with S_i = 0
};

}  // namespace digon
