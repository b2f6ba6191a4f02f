#pragma once

#include <Eigen/Core>
#include <string>
#include <utility>
#include <vector>

namespace digon {

/// Features that share dimensions with no other: an orthogonal component of the whole (a factor of the
/// paper's tegum product, elhage2022 §4).
struct GeometryComponent {
  std::vector<Eigen::Index> points;
  /// The rank of their Gram matrix: eigenvalues above tolerance/(2 − tolerance) of the largest.
  Eigen::Index dimension = 0;
  std::string name;  ///< e.g. "pentagon"; "7 points in 3 dimensions" where it has none (polytopes.hpp)
};

/// How the represented columns of W lie, from the inner products of their directions alone.
struct Geometry {
  std::string name;
  std::vector<GeometryComponent> components;
  std::vector<std::pair<double, std::size_t>> inner_products;  ///< of pairs i < j: value, how many; ascending
};

/// How far inner products of directions may be from those of the ideal figure.
///
/// Of models, trained or optimal: 5.7° off a right angle, 6° off the 72° of a pentagon. The best trained
/// models of elhage2022 §1 and §5 are within 0.05 of their figures, a pentagon of unequal importances the
/// furthest. Figures of as many points in as many dimensions differ by 0.37 or more in some inner product.
/// Simplices of ten dimensions and more, whose inner products −1/d are below it, are not told from orthogonal
/// features.
inline constexpr double model_tolerance = 0.1;
/// Of packings, which are minimised until the gradient is rounding and then exact to many more digits.
inline constexpr double packing_tolerance = 1e-5;

/// Names the columns of W [m×n] that are represented (represented.hpp); the name does not change by rotation,
/// reflection, permutation or lengths. Inner products within `tolerance` of each other count as equal, within
/// `tolerance` of 0 as orthogonal. The vocabulary is the paper's:
///   one feature orthogonal to all others  "dedicated", k of them "k dedicated"
///   an antipodal pair                     "digon"
///   m ≥ 2 digons and nothing else         "m digons (cross-polytope_m)", but "3 digons (octahedron)"
///   another polytope                      its name, "pentagon"; k of them "2 triangles", "2 tetrahedra"
///   components that differ                "2 digons ⊥ triangle"
///   antipodal pairs that are not          "9 digons in 8 dimensions", as lines of a tight frame are, of
///   orthogonal to each other              which D_i = 8/18
///   what has no name                      "7 points in 3 dimensions"
///   no column represented                 "no feature represented"
/// Absent features are not mentioned.
///
/// Example: W = [1.1 0 −1 0 0.1; 0 1 0 −0.9 0] is "2 digons (cross-polytope_2)": features 0 and 2, 1 and 3;
/// feature 4 is absent.
Geometry describe_geometry(const Eigen::MatrixXd& W, double tolerance = model_tolerance);

}  // namespace digon
