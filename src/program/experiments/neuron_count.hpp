#pragma once

#include "plots/stack_figure.hpp"
#include "program/experiments/experiment.hpp"

namespace digon {

/// How many neurons of each class, and how many features each living one serves on average.
struct NeuronCount {
  std::size_t dead = 0;
  std::size_t monosemantic = 0;
  std::size_t polysemantic = 0;
  double features_per_neuron = 0.0;

  [[nodiscard]] double monosemantic_share() const;  ///< of the living ones
};
NeuronCount count_neurons(const ToyModel& model);

/// How hard a neuron of an untied model at its loudest pushes down an output: −min_{j,a} W_out(j, a)
/// max_i |W(a, i)|, which the scale of a neuron does not change.
double strongest_inhibition(const ToyModel& model);

/// A row a point: density, loss, classes of neurons.
Table neuron_table(const Results& results);

/// The stack plots of all points, by density.
std::vector<StackPanel> stack_panels(const Results& results);

}  // namespace digon
