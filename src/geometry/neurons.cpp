#include "geometry/neurons.hpp"

#include "core/base/named_choice.hpp"

namespace digon {
namespace {

/// r_i of neuron a [n].
Eigen::ArrayXd given_back(const ToyModel& model, Eigen::Index a) {
  const Eigen::ArrayXd in = model.W.row(a).transpose();
  if (!is_tied(model.kind)) return in.abs() * model.W_out.col(a).array().max(0.0);
  const double least = has_relu_hidden(model.kind) ? 0.0 : in.minCoeff();
  return in.max(least).square();
}

}  // namespace

std::vector<Neuron> describe_neurons(const ToyModel& model, const NeuronTolerance& tolerance) {
  std::vector<Neuron> neurons;
  for (Eigen::Index a = 0; a < model.hidden(); ++a) {
    Neuron& neuron = neurons.emplace_back();
    const Eigen::ArrayXd back = given_back(model, a);
    const double greatest = back.maxCoeff();
    if (greatest < tolerance.dead_share) continue;
    for (Eigen::Index i = 0; i < back.size(); ++i) {
      if (back[i] >= tolerance.served_share * greatest) neuron.features.push_back(i);
    }
    neuron.effective_features = back.sum() * back.sum() / back.square().sum();
    neuron.kind = neuron.features.size() == 1 ? NeuronClass::monosemantic : NeuronClass::polysemantic;
  }
  return neurons;
}

std::string_view name_of(NeuronClass kind) {
  static constexpr NamedChoices<NeuronClass, 3> names{{{NeuronClass::dead, "dead"},
                                                       {NeuronClass::monosemantic, "monosemantic"},
                                                       {NeuronClass::polysemantic, "polysemantic"}}};
  return name_in(names, kind);
}

}  // namespace digon
