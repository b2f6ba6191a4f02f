#include "geometry/arrangement.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

/// The angles in degrees from each represented feature to the next, going round; they sum to 360.
std::vector<double> angles_between_neighbours(const Eigen::MatrixXd& W, double absent_norm) {
  std::vector<double> directions;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    if (W.col(i).norm() <= absent_norm) continue;
    directions.push_back(std::atan2(W(1, i), W(0, i)) * 180.0 / std::numbers::pi);
  }
  std::sort(directions.begin(), directions.end());
  std::vector<double> angles;
  for (std::size_t k = 0; k < directions.size(); ++k) {
    const bool last = k + 1 == directions.size();
    angles.push_back(last ? directions.front() + 360.0 - directions[k] : directions[k + 1] - directions[k]);
  }
  return angles;
}

}  // namespace

Arrangement recognise_arrangement(const Eigen::MatrixXd& W, const ArrangementTolerance& tolerance) {
  if (W.rows() != 2) reject("W: {} hidden dimensions; arrangements are named in 2", W.rows());
  const std::vector<double> angles = angles_between_neighbours(W, tolerance.absent_norm);
  const auto all_near = [&](double ideal) {
    return std::all_of(angles.begin(), angles.end(),
                       [&](double angle) { return std::abs(angle - ideal) <= tolerance.angle_degrees; });
  };
  if (angles.size() == 2 && std::abs(std::min(angles[0], angles[1]) - 90.0) <= tolerance.angle_degrees) {
    return Arrangement::orthogonal_pair;
  }
  if (angles.size() == 4 && all_near(90.0)) return Arrangement::antipodal_pairs;
  if (angles.size() == 5 && all_near(72.0)) return Arrangement::pentagon;
  return Arrangement::other;
}

std::string_view name_of(Arrangement arrangement) {
  switch (arrangement) {
    case Arrangement::orthogonal_pair:
      return "orthogonal pair";
    case Arrangement::antipodal_pairs:
      return "two antipodal pairs";
    case Arrangement::pentagon:
      return "pentagon";
    case Arrangement::other:
      break;
  }
  return "other";
}

}  // namespace digon
