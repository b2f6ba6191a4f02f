#include "program/experiments/neuron_count.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "geometry/neurons.hpp"

namespace digon {

double NeuronCount::monosemantic_share() const {
  return double(monosemantic) / std::max(1.0, double(monosemantic + polysemantic));
}

NeuronCount count_neurons(const ToyModel& model) {
  NeuronCount count;
  std::size_t served = 0;
  for (const Neuron& neuron : describe_neurons(model)) {
    count.dead += neuron.kind == NeuronClass::dead;
    count.monosemantic += neuron.kind == NeuronClass::monosemantic;
    count.polysemantic += neuron.kind == NeuronClass::polysemantic;
    served += neuron.features.size();
  }
  count.features_per_neuron = double(served) / std::max(1.0, double(count.monosemantic + count.polysemantic));
  return count;
}

double strongest_inhibition(const ToyModel& model) {
  const Eigen::VectorXd loudest = model.W.cwiseAbs().rowwise().maxCoeff();
  return -(model.W_out * loudest.asDiagonal()).minCoeff();
}

Table neuron_table(const Results& results) {
  Table table{{"density", "loss", "dead", "monosemantic", "polysemantic", "features_per_neuron"}, {}};
  for (const Point& point : results.points) {
    const NeuronCount count = count_neurons(point.trained.best);
    table.add_row({text_of(point.density()), text_of(point.trained.loss), text_of(count.dead),
                   text_of(count.monosemantic), text_of(count.polysemantic),
                   text_of(count.features_per_neuron)});
  }
  return table;
}

std::vector<StackPanel> stack_panels(const Results& results) {
  std::vector<StackPanel> panels;
  for (const Point& point : results.points) {
    panels.push_back({fmt::format("density {:.3g}", point.density()), point.W()});
  }
  return panels;
}

}  // namespace digon
