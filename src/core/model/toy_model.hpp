#pragma once

#include <Eigen/Core>
#include <string_view>

#include "core/model/feature_distribution.hpp"

namespace digon {

/// The paper's models. elhage2022 §§2, 6, 7.
enum class ModelKind {
  linear,          ///< x' = WᵀWx + b
  relu_output,     ///< x' = ReLU(WᵀWx + b)
  relu_hidden,     ///< x' = ReLU(Wᵀ ReLU(Wx) + b): the hidden basis is privileged
  absolute_value,  ///< y' = ReLU(W_out ReLU(Wx) + b), whose target is y = |x|, not x
};

/// Whether one W encodes and decodes.
constexpr bool is_tied(ModelKind kind) {
  return kind != ModelKind::absolute_value;
}
constexpr bool has_relu_hidden(ModelKind kind) {
  return kind == ModelKind::relu_hidden || kind == ModelKind::absolute_value;
}
constexpr bool has_relu_output(ModelKind kind) {
  return kind != ModelKind::linear;
}

/// A toy model: n features stored in m hidden dimensions, h = Wx or ReLU(Wx).
struct ToyModel {
  Eigen::MatrixXd W;  ///< [m×n]; column i, W_i, is feature i's direction
  Eigen::VectorXd b;  ///< [n]
  ModelKind kind = ModelKind::relu_output;
  Eigen::MatrixXd W_out =
      {};  ///< [n×m], of an untied model alone: row j, what output j reads from the hidden layer

  [[nodiscard]] Eigen::Index features() const { return W.cols(); }
  [[nodiscard]] Eigen::Index hidden() const { return W.rows(); }
};

/// Throws InputError unless n ≥ 1, m ≥ 1, b has n entries, W_out is there where it must be, and all is
/// finite.
void validate(const ToyModel& model);

/// Throws InputError unless both are valid and of one n.
void validate(const ToyModel& model, const FeatureDistribution& features);

/// "linear", "relu-output", "relu-hidden" or "absolute-value".
std::string_view name_of(ModelKind kind);

/// The kind of that name; throws InputError that lists the names.
ModelKind parse_model_kind(std::string_view option, std::string_view text);

}  // namespace digon
