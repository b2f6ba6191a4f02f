#pragma once

#include <Eigen/Core>
#include <string_view>
#include <vector>

namespace digon {

enum class NeuronClass { dead, monosemantic, polysemantic };

/// What one hidden neuron does where the hidden basis is privileged, elhage2022 §6.
struct Neuron {
  std::vector<Eigen::Index> features;  ///< those it serves: |W_ai| at least a share of its largest weight
  double effective_features = 0.0;  ///< (Σ_i W_ai²)²/Σ_i W_ai⁴: 1 for one feature, k for k equal ones
  NeuronClass kind = NeuronClass::dead;
};

/// Through a weight w into a neuron and out of it a feature gets back w² x of itself. A feature is served
/// where that is at least 1/16 of what the neuron's main feature gets, a neuron dead where it is below 1% for
/// all.
struct NeuronTolerance {
  double served_share = 0.25;  ///< of the neuron's largest |weight|
  double dead_weight = 0.1;    ///< a neuron without a larger |weight| is dead
};

/// The neurons of W [m×n], one a row.
std::vector<Neuron> describe_neurons(const Eigen::MatrixXd& W, const NeuronTolerance& tolerance = {});

/// "dead", "monosemantic" or "polysemantic".
std::string_view name_of(NeuronClass kind);

}  // namespace digon
