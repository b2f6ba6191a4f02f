#include "theory/output_unit.hpp"

namespace digon {
namespace {

/// `values` without entry j.
Eigen::VectorXd without(const Eigen::VectorXd& values, Eigen::Index j) {
  Eigen::VectorXd rest(values.size() - 1);
  rest << values.head(j), values.tail(values.size() - 1 - j);
  return rest;
}

}  // namespace

std::vector<OutputUnit> output_units(const ToyModel& model, const Eigen::VectorXd& density) {
  const Eigen::MatrixXd G = model.W.transpose() * model.W;
  std::vector<OutputUnit> units;
  for (Eigen::Index j = 0; j < model.features(); ++j) {
    units.push_back({model.b[j], G(j, j), without(G.col(j), j), without(density, j)});
  }
  return units;
}

}  // namespace digon
