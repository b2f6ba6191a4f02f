#include "program/experiments/feature_graph.hpp"

#include "core/algebra/products.hpp"
#include "geometry/named_geometry.hpp"

namespace digon {

FeatureGraphPanel feature_graph(const std::string& title, const Eigen::MatrixXd& W) {
  const Geometry geometry = describe_geometry(W);
  FeatureGraphPanel panel{title, geometry.name, gram(W), {}};
  for (const GeometryComponent& component : geometry.components) {
    std::string name = component.points.size() > 2 ? component.name : "";
    // There is little room under a component.
    if (const std::size_t unit = name.find(" dimension"); unit != std::string::npos) name.erase(unit);
    panel.components.push_back({component.points, std::move(name)});
  }
  return panel;
}

}  // namespace digon
