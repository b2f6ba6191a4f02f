#include "geometry/named_geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "core/algebra/dense_solvers.hpp"

namespace digon {
namespace {

using Spectrum = std::vector<std::pair<double, std::size_t>>;

/// A polytope by what every vertex sees: the inner products with the other vertices.
struct Polytope {
  std::string name;
  Eigen::Index dimension;
  Spectrum seen;  // ascending
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
  };
  return table;
}

/// Sorted values in groups whose neighbours differ by at most the tolerance; each group's mean and size.
Spectrum spectrum_of(std::vector<double> values, double tolerance) {
  std::sort(values.begin(), values.end());
  Spectrum spectrum;
  for (std::size_t begin = 0; begin < values.size();) {
    std::size_t end = begin + 1;
    while (end < values.size() && values[end] - values[end - 1] <= tolerance) ++end;
    const double sum =
        std::accumulate(values.begin() + std::ptrdiff_t(begin), values.begin() + std::ptrdiff_t(end), 0.0);
    spectrum.emplace_back(sum / double(end - begin), end - begin);
    begin = end;
  }
  return spectrum;
}

bool same(const Spectrum& a, const Spectrum& b, double tolerance) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return x.second == y.second && std::abs(x.first - y.first) <= tolerance;
  });
}

/// What each point of a component sees.
std::vector<Spectrum> seen_by_each(const Eigen::MatrixXd& G, double tolerance) {
  std::vector<Spectrum> all;
  for (Eigen::Index i = 0; i < G.rows(); ++i) {
    std::vector<double> values;
    for (Eigen::Index j = 0; j < G.rows(); ++j) {
      if (j != i) values.push_back(G(i, j));
    }
    all.push_back(spectrum_of(std::move(values), tolerance));
  }
  return all;
}

Spectrum seen_in_polygon(Eigen::Index k) {
  std::vector<double> values;
  for (Eigen::Index j = 1; j < k; ++j)
    values.push_back(std::cos(2.0 * std::numbers::pi * double(j) / double(k)));
  return spectrum_of(std::move(values), 1e-9);
}

std::string polygon_name(Eigen::Index k) {
  constexpr std::array names{"triangle", "square", "pentagon", "hexagon", "heptagon", "octagon"};
  return k < 9 ? names[std::size_t(k - 3)] : fmt::format("{}-gon", k);
}

/// Two squares one above the other, one turned by 45°, at heights ±h: whichever h an energy asks for. A
/// vertex sees its own square at h² twice and 2h² − 1 once, the other at −h² ± (1 − h²)/√2 twice each.
bool is_square_antiprism(const Spectrum& seen, double tolerance) {
  for (const auto& [square, count] : seen) {
    if (square <= 0.0 || square >= 1.0) continue;
    std::vector<double> expected{square, square, 2.0 * square - 1.0};
    for (const double sign : {1.0, -1.0}) {
      expected.insert(expected.end(), 2, -square + sign * (1.0 - square) / std::numbers::sqrt2);
    }
    if (same(seen, spectrum_of(expected, tolerance), tolerance)) return true;
  }
  return false;
}

std::string name_component(const Eigen::MatrixXd& G, Eigen::Index dimension, double tolerance) {
  const Eigen::Index k = G.rows();
  if (k == 1) return "point";
  if (k == 2) return dimension == 1 && G(0, 1) < 0.0 ? "digon" : "";
  const std::vector<Spectrum> seen = seen_by_each(G, tolerance);
  const auto all_see = [&](const Spectrum& expected) {
    return std::all_of(seen.begin(), seen.end(),
                       [&](const Spectrum& one) { return same(one, expected, tolerance); });
  };
  if (dimension == 2 && all_see(seen_in_polygon(k))) return polygon_name(k);
  if (k == dimension + 1 && all_see({{-1.0 / double(dimension), std::size_t(dimension)}})) {
    return dimension == 3 ? "tetrahedron" : fmt::format("simplex_{}", dimension);
  }
  for (const Polytope& polytope : polytopes()) {
    if (polytope.dimension == dimension && all_see(polytope.seen)) return polytope.name;
  }
  const bool antiprism =
      dimension == 3 && k == 8 && std::all_of(seen.begin(), seen.end(), [&](const Spectrum& one) {
        return is_square_antiprism(one, tolerance);
      });
  return antiprism ? "square antiprism" : "";
}

/// The connected components of the graph of pairs that are not orthogonal.
std::vector<std::vector<Eigen::Index>> components_of(const Eigen::MatrixXd& G, double tolerance) {
  std::vector<std::vector<Eigen::Index>> components;
  std::vector<char> reached(std::size_t(G.rows()), 0);
  for (Eigen::Index start = 0; start < G.rows(); ++start) {
    if (reached[std::size_t(start)] != 0) continue;
    std::vector<Eigen::Index> members{start};
    reached[std::size_t(start)] = 1;
    for (std::size_t next = 0; next < members.size(); ++next) {
      for (Eigen::Index j = 0; j < G.rows(); ++j) {
        if (reached[std::size_t(j)] != 0 || std::abs(G(members[next], j)) <= tolerance) continue;
        reached[std::size_t(j)] = 1;
        members.push_back(j);
      }
    }
    std::sort(members.begin(), members.end());
    components.push_back(std::move(members));
  }
  return components;
}

/// "2 × digon ⊥ triangle"; m digons are the cross-polytope and have names of their own.
std::string name_all(const std::vector<GeometryComponent>& components) {
  std::map<std::string, std::size_t> counts;
  for (const GeometryComponent& component : components) {
    ++counts[component.name.empty()
                 ? fmt::format("{} points in {} dimensions", component.points.size(), component.dimension)
                 : component.name];
  }
  if (counts.size() == 1 && counts.begin()->first == "digon") {
    const std::size_t digons = counts.begin()->second;
    if (digons == 2) return "square";
    if (digons == 3) return "octahedron";
    if (digons > 3) return fmt::format("cross-polytope_{}", digons);
  }
  std::string name;
  for (const auto& [part, count] : counts) {
    if (!name.empty()) name += " ⊥ ";
    name += count == 1 ? part : fmt::format("{} × {}", count, part);
  }
  return name;
}

}  // namespace

Geometry describe_geometry(const Eigen::MatrixXd& W, double tolerance, double absent_norm) {
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    if (W.col(i).norm() > absent_norm) kept.push_back(i);
  }
  const Eigen::MatrixXd unit = W(Eigen::all, kept).colwise().normalized();
  const Eigen::MatrixXd G = unit.transpose() * unit;
  Geometry geometry;
  for (std::vector<Eigen::Index>& members : components_of(G, tolerance)) {
    const Eigen::MatrixXd gram = G(members, members);
    const Eigen::VectorXd eigenvalues = symmetric_eigenvalues(gram);
    const double least = tolerance * double(members.size());
    GeometryComponent component;
    component.dimension = (eigenvalues.array() > least).count();
    component.name = name_component(gram, component.dimension, tolerance);
    for (const Eigen::Index member : members) component.points.push_back(kept[std::size_t(member)]);
    geometry.components.push_back(std::move(component));
  }
  std::vector<double> pairs;
  for (Eigen::Index i = 0; i < G.rows(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) pairs.push_back(G(i, j));
  }
  geometry.inner_products = spectrum_of(std::move(pairs), tolerance);
  geometry.name = name_all(geometry.components);
  return geometry;
}

}  // namespace digon
