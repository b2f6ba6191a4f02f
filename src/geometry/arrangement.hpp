#pragma once

#include <Eigen/Core>
#include <string_view>

namespace digon {

/// The ways five features settle in two dimensions, from dense to sparse (elhage2022 §1).
enum class Arrangement {
  orthogonal_pair,  ///< two features orthogonal, the rest absent
  antipodal_pairs,  ///< two antipodal pairs, orthogonal to each other; the rest absent
  pentagon,         ///< five features at 72°
  other,
};

struct ArrangementTolerance {
  double absent_norm = 0.3;     ///< a feature is represented where ‖W_i‖ is above
  double angle_degrees = 10.0;  ///< allowed from the ideal angle between neighbours
};

/// Names the arrangement of the columns of W [2×n] by the angles between neighbouring represented features:
/// invariant to rotation, reflection and permutation. Throws InputError unless W has 2 rows.
Arrangement recognise_arrangement(const Eigen::MatrixXd& W, const ArrangementTolerance& tolerance = {});

/// "orthogonal pair", "two antipodal pairs", "pentagon", "other".
std::string_view name_of(Arrangement arrangement);

}  // namespace digon
