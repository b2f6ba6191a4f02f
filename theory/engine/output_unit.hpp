#pragma once

#include <Eigen/Core>
#include <map>
#include <memory>
#include <vector>

#include "core/model/toy_model.hpp"
#include "theory/law/law.hpp"

namespace digon {

/// cumulants_and_radius(law, p) by p.
using CumulantTable = std::map<double, Cumulants>;

/// One output of a toy model before its ReLU, z = b + a x_j + Σ g_i x_i, seen from its own feature j.
///
/// W = (1, −0.5), b₀ = 0.1: output 0 has a = 1, g = (−0.5) and z in [−0.4, 1.1].
struct OutputUnit {
  double bias = 0.0;        ///< b_j
  double own = 0.0;         ///< a = G_jj
  Eigen::VectorXd others;   ///< g_i = G_ji of the other features
  Eigen::VectorXd density;  ///< p_i of the other features
  Law law = {};             ///< of every feature while it is active

  /// Of every p_i, where all outputs of a model share them.
  std::shared_ptr<const CumulantTable> cumulants = {};
};

/// The cumulants of every density there is.
CumulantTable cumulants_of(Law law, const Eigen::VectorXd& density);

/// Throws InputError for a model with a ReLU in its hidden layer: its outputs are no sums of independent
/// features, and the exact theory is not its own.
void require_linear_hidden_layer(const ToyModel& model);

/// The outputs of a model, j = 0 … n − 1, on features of densities p [n] and one law.
std::vector<OutputUnit> output_units(const ToyModel& model, const Eigen::VectorXd& density, Law law);

/// The range of z over all inputs.
Support support_of(const OutputUnit& unit);

/// Which of the others cannot be heard: never active, or |g| below 1e-13 of the largest.
std::vector<bool> silent_others(const OutputUnit& unit);

/// The unit without its silent others, as silent_others() has them.
OutputUnit without_silent(const OutputUnit& unit, const std::vector<bool>& silent);

}  // namespace digon
