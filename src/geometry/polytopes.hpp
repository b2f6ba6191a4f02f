#pragma once

#include <Eigen/Core>
#include <string>

namespace digon {

/// The name of k unit vectors of which no two sets are orthogonal, from their inner products G [k×k] alone
/// and the dimension they span; empty where they have none here. Known are
///   dedicated (k = 1), digon, triangle, tetrahedron and simplex_d, the regular simplices of d + 1 vertices;
///   pentagon, hexagon, … octagon and k-gon;
///   square antiprisms of any height, and the polytopes and root systems of the table in polytopes.cpp.
/// Squares, octahedra and the other cross-polytopes are not here: they are digons orthogonal to each other.
///
/// A polytope is recognised by what each vertex sees: the inner products with the others, sorted, each within
/// `tolerance` of the polytope's. From each vertex of a pentagon the others are at cos 144° twice and cos 72°
/// twice, (−0.809, −0.809, 0.309, 0.309). The dimension is needed besides: three lines at 60° in space see
/// the inner products of a hexagon.
std::string polytope_name(const Eigen::MatrixXd& G, Eigen::Index dimension, double tolerance);

}  // namespace digon
