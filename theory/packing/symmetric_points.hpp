#pragma once

#include <Eigen/Core>

#include "theory/packing/code_kind.hpp"
#include "theory/search/random_draws.hpp"

namespace digon {

/// n unit vectors [m×n], no two of them the same point (the same line), in orbits of one rotation or
/// rotary reflection of random order, 2 to 12, and random turns; those for which no orbit is short enough are
/// even at random. Descents keep the symmetry of where they begin: the best codes often have one, and there
/// are far fewer minima that do (docs/search-codes.md).
///
/// 7 points in R³ by thirds of a turn about the last axis: two orbits of three and a pole.
Eigen::MatrixXd random_symmetric_points(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                        RandomDraws& random);

}  // namespace digon
