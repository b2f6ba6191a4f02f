#include "geometry/polytopes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace digon {
namespace {

/// What a vertex sees: its inner products with the other vertices, ascending.
using Seen = std::vector<double>;

/// A polytope by what every vertex sees.
struct Polytope {
  std::string name;
  Eigen::Index dimension;
  std::vector<std::pair<double, std::size_t>> seen;  ///< inner product, how many times; ascending
};

constexpr double phi = std::numbers::phi;

const std::vector<Polytope>& polytopes() {
  static const std::vector<Polytope> table{
      {"cube", 3, {{-1.0, 1}, {-1.0 / 3.0, 3}, {1.0 / 3.0, 3}}},
      {"icosahedron", 3, {{-1.0, 1}, {-1.0 / std::sqrt(5.0), 5}, {1.0 / std::sqrt(5.0), 5}}},
      {"cuboctahedron", 3, {{-1.0, 1}, {-0.5, 4}, {0.0, 2}, {0.5, 4}}},
      {"dodecahedron",
       3,
       {{-1.0, 1}, {-std::sqrt(5.0) / 3.0, 3}, {-1.0 / 3.0, 6}, {1.0 / 3.0, 6}, {std::sqrt(5.0) / 3.0, 3}}},
      {"tesseract", 4, {{-1.0, 1}, {-0.5, 4}, {0.0, 6}, {0.5, 4}}},
      {"24-cell", 4, {{-1.0, 1}, {-0.5, 8}, {0.0, 6}, {0.5, 8}}},
      {"600-cell",
       4,
       {{-1.0, 1},
        {-phi / 2.0, 12},
        {-0.5, 20},
        {-0.5 / phi, 12},
        {0.0, 30},
        {0.5 / phi, 12},
        {0.5, 20},
        {phi / 2.0, 12}}},
      {"Clebsch (hemicube)", 5, {{-0.6, 5}, {0.2, 10}}},
      {"Schläfli", 6, {{-0.5, 10}, {0.25, 16}}},
      {"E6 roots", 6, {{-1.0, 1}, {-0.5, 20}, {0.0, 30}, {0.5, 20}}},
      {"Gosset 3_21", 7, {{-1.0, 1}, {-1.0 / 3.0, 27}, {1.0 / 3.0, 27}}},
      {"E7 roots", 7, {{-1.0, 1}, {-0.5, 32}, {0.0, 60}, {0.5, 32}}},
      {"E8 roots", 8, {{-1.0, 1}, {-0.5, 56}, {0.0, 126}, {0.5, 56}}},
      // Ballinger, Blekherman, Cohn, Giansiracusa, Kelly, Schürmann 2009, Experimental study of
      // energy-minimizing point configurations on spheres: perhaps optimal for every energy.
      {"(10, 40, 1/6) code", 10, {{-0.5, 8}, {-1.0 / 3.0, 3}, {0.0, 4}, {1.0 / 6.0, 24}}},
  };
  return table;
}

Seen seen_in(const Polytope& polytope) {
  Seen seen;
  for (const auto& [value, count] : polytope.seen) seen.insert(seen.end(), count, value);
  return seen;
}

Seen seen_in_simplex(Eigen::Index dimension) {
  return Seen(std::size_t(dimension), -1.0 / double(dimension));
}

Seen seen_in_polygon(Eigen::Index k) {
  Seen seen;
  for (Eigen::Index j = 1; j < k; ++j) {
    seen.push_back(std::cos(2.0 * std::numbers::pi * double(j) / double(k)));
  }
  std::sort(seen.begin(), seen.end());
  return seen;
}

/// Two squares one above the other, one turned by 45°, at heights ±h: a vertex sees its own square at h²
/// twice and 2h² − 1 once, the other at −h² ± (1 − h²)/√2 twice each.
Seen seen_in_square_antiprism(double squared_height) {
  Seen seen{squared_height, squared_height, 2.0 * squared_height - 1.0};
  for (const double sign : {1.0, -1.0}) {
    seen.insert(seen.end(), 2, -squared_height + sign * (1.0 - squared_height) / std::numbers::sqrt2);
  }
  std::sort(seen.begin(), seen.end());
  return seen;
}

bool near(const Seen& a, const Seen& b, double tolerance) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](double x, double y) { return std::abs(x - y) <= tolerance; });
}

std::vector<Seen> seen_by_each(const Eigen::MatrixXd& G) {
  std::vector<Seen> all;
  for (Eigen::Index i = 0; i < G.rows(); ++i) {
    Seen& seen = all.emplace_back();
    for (Eigen::Index j = 0; j < G.rows(); ++j) {
      if (j != i) seen.push_back(G(i, j));
    }
    std::sort(seen.begin(), seen.end());
  }
  return all;
}

std::string simplex_name(Eigen::Index dimension) {
  constexpr std::array names{"dedicated", "digon", "triangle", "tetrahedron"};
  return dimension < 4 ? names[std::size_t(dimension)] : fmt::format("simplex_{}", dimension);
}

std::string polygon_name(Eigen::Index k) {
  constexpr std::array names{"pentagon", "hexagon", "heptagon", "octagon"};
  return k < 9 ? names[std::size_t(k - 5)] : fmt::format("{}-gon", k);
}

}  // namespace

std::string polytope_name(const Eigen::MatrixXd& G, Eigen::Index dimension, double tolerance) {
  const Eigen::Index k = G.rows();
  const std::vector<Seen> seen = seen_by_each(G);
  const auto all_see = [&](const Seen& expected) {
    return std::all_of(seen.begin(), seen.end(),
                       [&](const Seen& one) { return near(one, expected, tolerance); });
  };
  if (all_see(seen_in_simplex(k - 1))) return simplex_name(k - 1);
  if (dimension == 2 && k > 4 && all_see(seen_in_polygon(k))) return polygon_name(k);
  for (const Polytope& polytope : polytopes()) {
    if (polytope.dimension == dimension && all_see(seen_in(polytope))) return polytope.name;
  }
  if (dimension == 3 && k == 8) {
    // The squared height is one of the inner products that vertex 0 sees.
    for (const double height : seen[0]) {
      if (height > 0.0 && height < 1.0 && all_see(seen_in_square_antiprism(height))) {
        return "square antiprism";
      }
    }
  }
  return "";
}

}  // namespace digon
