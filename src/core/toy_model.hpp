#pragma once

#include <Eigen/Core>
#include <string_view>

#include "core/feature_distribution.hpp"

namespace digon {

/// The paper's models of one weight matrix. elhage2022 §2.
enum class ModelKind {
  linear,       ///< x' = WᵀWx + b
  relu_output,  ///< x' = ReLU(WᵀWx + b)
  relu_hidden,  ///< x' = ReLU(Wᵀ ReLU(Wx) + b): the hidden basis is privileged
};

/// A toy model: n features stored in m hidden dimensions, h = Wx.
struct ToyModel {
  Eigen::MatrixXd W;  ///< [m×n]; column i, W_i, is feature i's direction
  Eigen::VectorXd b;  ///< [n]
  ModelKind kind = ModelKind::relu_output;

  [[nodiscard]] Eigen::Index features() const { return W.cols(); }
  [[nodiscard]] Eigen::Index hidden() const { return W.rows(); }
};

/// Throws InputError unless n ≥ 1, m ≥ 1, b has n entries, and all of W and b is finite.
void validate(const ToyModel& model);

/// Throws InputError unless both are valid and of one n.
void validate(const ToyModel& model, const FeatureDistribution& features);

/// "linear", "relu-output" or "relu-hidden".
std::string_view name_of(ModelKind kind);

/// The kind of that name; throws InputError that lists the names.
ModelKind parse_model_kind(std::string_view option, std::string_view text);

}  // namespace digon
