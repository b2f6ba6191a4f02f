#include "theory/engine/output_unit.hpp"

#include <algorithm>
#include <cmath>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"

namespace digon {
namespace {

/// `values` without entry j.
Eigen::VectorXd without(const Eigen::VectorXd& values, Eigen::Index j) {
  Eigen::VectorXd rest(values.size() - 1);
  rest << values.head(j), values.tail(values.size() - 1 - j);
  return rest;
}

}  // namespace

CumulantTable cumulants_of(Law law, const Eigen::VectorXd& density) {
  CumulantTable table;
  for (const double p : density) {
    if (const auto [entry, added] = table.try_emplace(p); added) entry->second = cumulants_and_radius(law, p);
  }
  return table;
}

void require_linear_hidden_layer(const ToyModel& model) {
  if (has_relu_hidden(model.kind)) {
    reject("kind: {} given; the exact theory accepts linear and relu-output", name_of(model.kind));
  }
}

std::vector<OutputUnit> output_units(const ToyModel& model, const Eigen::VectorXd& density, Law law) {
  require_linear_hidden_layer(model);
  const Eigen::MatrixXd G = gram(model.W);
  const auto cumulants = std::make_shared<const CumulantTable>(cumulants_of(law, density));
  std::vector<OutputUnit> units;
  for (Eigen::Index j = 0; j < model.features(); ++j) {
    units.push_back({model.b[j], G(j, j), without(G.col(j), j), without(density, j), law, cumulants});
  }
  return units;
}

Support support_of(const OutputUnit& unit) {
  const Support own = support(unit.law, unit.own);
  const Eigen::VectorXd least = unit.others.unaryExpr([&](double g) { return support(unit.law, g).least; });
  const Eigen::VectorXd greatest =
      unit.others.unaryExpr([&](double g) { return support(unit.law, g).greatest; });
  return {unit.bias + own.least + least.sum(), unit.bias + own.greatest + greatest.sum()};
}

std::vector<bool> silent_others(const OutputUnit& unit) {
  constexpr double audible_share = 1e-13;
  const Eigen::Index n = unit.others.size();
  const double largest = n > 0 ? unit.others.cwiseAbs().maxCoeff() : 0.0;
  std::vector<bool> silent;
  for (Eigen::Index i = 0; i < n; ++i) {
    silent.push_back(unit.density[i] == 0.0 || std::abs(unit.others[i]) <= audible_share * largest);
  }
  return silent;
}

OutputUnit without_silent(const OutputUnit& unit, const std::vector<bool>& silent) {
  OutputUnit heard = unit;
  Eigen::Index kept = 0;
  for (Eigen::Index i = 0; i < unit.others.size(); ++i) {
    if (silent[std::size_t(i)]) continue;
    heard.others[kept] = unit.others[i];
    heard.density[kept] = unit.density[i];
    ++kept;
  }
  heard.others.conservativeResize(kept);
  heard.density.conservativeResize(kept);
  return heard;
}

}  // namespace digon
