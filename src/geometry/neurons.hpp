#pragma once

#include <Eigen/Core>
#include <string_view>
#include <vector>

#include "core/model/toy_model.hpp"

namespace digon {

enum class NeuronClass { dead, monosemantic, polysemantic };

/// What one hidden neuron does where the hidden basis is privileged, elhage2022 §6.
struct Neuron {
  std::vector<Eigen::Index> features;  ///< those it serves
  double effective_features = 0.0;     ///< (Σ_i r_i)²/Σ_i r_i²: 1 for one feature, k for k equal ones
  NeuronClass kind = NeuronClass::dead;
};

/// What an active feature i gets back of itself through neuron a, per unit of |x_i|: r_i = W_ai² where the
/// hidden layer is linear, of a ReLU max(W_ai, 0)², since a negative weight turns the neuron off while the
/// feature is active, and of an untied model |W_ai| max(D_ia, 0), D = W_out, which no scaling of the neuron
/// changes. A neuron serves the features for which r_i is a share of its greatest, and is dead where all are
/// small.
struct NeuronTolerance {
  double served_share = 1.0 / 16.0;  ///< of the neuron's greatest r_i
  double dead_share = 0.01;          ///< a neuron without a greater r_i is dead
};

/// The neurons of a model, one a row of W [m×n].
///
/// Example: of weights (1, −5) into a neuron with a ReLU it serves the first feature alone: the second turns
/// it off.
std::vector<Neuron> describe_neurons(const ToyModel& model, const NeuronTolerance& tolerance = {});

/// "dead", "monosemantic" or "polysemantic".
std::string_view name_of(NeuronClass kind);

}  // namespace digon
