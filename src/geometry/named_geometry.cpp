#include "geometry/named_geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/algebra/dense_solvers.hpp"
#include "core/algebra/products.hpp"
#include "geometry/polytopes.hpp"
#include "geometry/represented.hpp"

namespace digon {
namespace {

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

/// Two vectors whose inner product is `tolerance` from −1 have the eigenvalues 2 − tolerance and tolerance:
/// the second is still noise.
Eigen::Index dimension_of(const Eigen::MatrixXd& G, double tolerance) {
  const Eigen::ArrayXd eigenvalues = symmetric_eigenvalues(G);
  return (eigenvalues > tolerance / (2.0 - tolerance) * eigenvalues.maxCoeff()).count();
}

/// Sorted values in groups whose neighbours differ by at most the tolerance; each group's mean and size.
std::vector<std::pair<double, std::size_t>> spectrum_of(std::vector<double> values, double tolerance) {
  std::sort(values.begin(), values.end());
  std::vector<std::pair<double, std::size_t>> spectrum;
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

/// "2 triangles", "3 dedicated", "2 tetrahedra"; names that are no English words as "2 × simplex_4".
std::string several(std::size_t count, const std::string& name) {
  if (name == "dedicated") return fmt::format("{} dedicated", count);
  if (name.ends_with("hedron")) return fmt::format("{} {}a", count, name.substr(0, name.size() - 2));
  const bool word = std::all_of(name.begin(), name.end(),
                                [](char c) { return (c >= 'a' && c <= 'z') || c == ' ' || c == '-'; });
  return word ? fmt::format("{} {}s", count, name) : fmt::format("{} × {}", count, name);
}

std::string name_all(const std::vector<GeometryComponent>& components) {
  if (components.empty()) return "no feature represented";
  std::map<std::string, std::size_t> counts;
  for (const GeometryComponent& component : components) ++counts[component.name];
  std::string name;
  for (const auto& [part, count] : counts) {
    if (!name.empty()) name += " ⊥ ";
    name += count == 1 ? part : several(count, part);
  }
  const std::size_t digons = counts.size() == 1 ? counts["digon"] : 0;
  if (digons == 3) return name + " (octahedron)";
  return digons > 1 ? fmt::format("{} (cross-polytope_{})", name, digons) : name;
}

/// Whether every direction has one opposite to it. An antiprism's are half a tolerance from that: a quarter
/// is allowed.
bool all_have_an_antipode(const Eigen::MatrixXd& gram, double tolerance) {
  return (gram.rowwise().minCoeff().array() < -1.0 + tolerance / 4.0).all() && gram.cols() % 2 == 0;
}

}  // namespace

Geometry describe_geometry(const Eigen::MatrixXd& W, double tolerance) {
  const std::vector<Eigen::Index> kept = represented_features(W);
  const Eigen::MatrixXd unit = W(Eigen::all, kept).colwise().normalized();
  const Eigen::MatrixXd G = gram(unit);
  Geometry geometry;
  for (const std::vector<Eigen::Index>& members : components_of(G, tolerance)) {
    const Eigen::MatrixXd gram = G(members, members);
    GeometryComponent component;
    component.dimension = dimension_of(gram, tolerance);
    component.name = polytope_name(gram, component.dimension, tolerance);
    if (component.name.empty()) {
      const bool in_pairs = all_have_an_antipode(gram, tolerance);
      component.name = fmt::format(
          "{} in {} dimension{}",
          in_pairs ? fmt::format("{} digons", members.size() / 2) : fmt::format("{} points", members.size()),
          component.dimension, component.dimension == 1 ? "" : "s");
    }
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
