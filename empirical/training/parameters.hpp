#pragma once

#include <Eigen/Core>

#include "core/model/toy_model.hpp"

namespace digon {

/// A model's parameters as training holds them: one array, W (column-major [m×n]), then W_outᵀ (alike) if the
/// model is untied, then b [n].
template <typename Scalar>
struct Parameters {
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

  Parameters(ModelKind model_kind, Eigen::Index hidden, Eigen::Index features)
      : kind(model_kind),
        m(hidden),
        n(features),
        values(Vector::Zero((is_tied(model_kind) ? 1 : 2) * m * n + n)) {}
  explicit Parameters(const ToyModel& model) : Parameters(model.kind, model.hidden(), model.features()) {
    W() = model.W.cast<Scalar>();
    if (!is_tied(kind)) decoder() = model.W_out.transpose().cast<Scalar>();
    b() = model.b.cast<Scalar>();
  }

  Eigen::Map<Matrix> W() { return {values.data(), m, n}; }
  Eigen::Map<Vector> b() { return {values.data() + values.size() - n, n}; }
  /// [m×n] column j is what output j reads from the hidden layer: W itself in a tied model.
  Eigen::Map<Matrix> decoder() { return {values.data() + decoder_offset(), m, n}; }
  [[nodiscard]] Eigen::Map<const Matrix> W() const { return {values.data(), m, n}; }
  [[nodiscard]] Eigen::Map<const Vector> b() const { return {values.data() + values.size() - n, n}; }
  [[nodiscard]] Eigen::Map<const Matrix> decoder() const { return {values.data() + decoder_offset(), m, n}; }
  [[nodiscard]] Eigen::Index decoder_offset() const { return is_tied(kind) ? 0 : m * n; }

  [[nodiscard]] ToyModel model() const {
    ToyModel model{W().template cast<double>(), b().template cast<double>(), kind};
    if (!is_tied(kind)) model.W_out = decoder().transpose().template cast<double>();
    return model;
  }

  ModelKind kind;
  Eigen::Index m;
  Eigen::Index n;
  Vector values;
};

}  // namespace digon
