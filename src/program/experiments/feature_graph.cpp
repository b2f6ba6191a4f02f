#include "program/experiments/feature_graph.hpp"

#include "core/algebra/products.hpp"
#include "geometry/named_geometry.hpp"

namespace digon {

FeatureGraphPanel feature_graph(const std::string& title, const Eigen::MatrixXd& W) {
  const Geometry geometry = describe_geometry(W);
  FeatureGraphPanel panel{title, geometry.name, gram(W), {}};
  for (const GeometryComponent& component : geometry.components) {
    panel.components.push_back({component.points, component.points.size() > 2 ? component.name : ""});
  }
  return panel;
}

}  // namespace digon
