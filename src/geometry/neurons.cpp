#include "geometry/neurons.hpp"

#include "core/base/named_choice.hpp"

namespace digon {

std::vector<Neuron> describe_neurons(const Eigen::MatrixXd& W, const NeuronTolerance& tolerance) {
  std::vector<Neuron> neurons;
  for (const auto row : W.rowwise()) {
    Neuron& neuron = neurons.emplace_back();
    const Eigen::ArrayXd weight = row.transpose().cwiseAbs();
    const double largest = weight.maxCoeff();
    if (largest < tolerance.dead_weight) continue;
    for (Eigen::Index i = 0; i < weight.size(); ++i) {
      if (weight[i] >= tolerance.served_share * largest) neuron.features.push_back(i);
    }
    const double squares = weight.square().sum();
    neuron.effective_features = squares * squares / weight.square().square().sum();
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
