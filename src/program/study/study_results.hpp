#pragma once

#include <optional>
#include <string>
#include <vector>

#include "geometry/feature_dimensionality.hpp"
#include "program/study/study.hpp"
#include "sweep/kinds/loss_parts_cell.hpp"
#include "sweep/kinds/optimum_cell.hpp"
#include "theory/optima/descent.hpp"

namespace digon {

/// A model of a cell, trained or optimal, with what was asked of it.
struct StudyModel {
  std::string source;  ///< source_trained or source_optimum
  ToyModel model;
  double loss = 0.0;              ///< penalty included
  PartsOfLoss parts = {};         ///< empty where they are not asked for, or theory does not tell them
  FeatureGeometry geometry = {};  ///< the rest is empty where geometry is not asked for
  std::string name = {};          ///< of the geometry
  std::size_t represented = 0;
  double coherence = 0.0;
};

/// A cell with what was computed of it.
struct StudyPoint {
  std::vector<std::size_t> at;  ///< the number of its value on each axis
  StudyCell cell;
  std::optional<TrainedCell> trained = {};
  std::vector<StudyModel> models = {};       ///< the trained one first
  std::vector<double> snapshot_losses = {};  ///< one a snapshot of `trained`
  double zero_loss = 0.0;                    ///< of answering 0

  [[nodiscard]] const StudyModel* find(std::string_view source) const;
};

struct StudyResults {
  const Study* study = nullptr;
  std::vector<StudyPoint> points;  ///< one a cell

  /// The value of a point on an axis, as a number.
  [[nodiscard]] double value(const StudyPoint& point, const StudyAxis& axis) const;
  /// The number of that name (quantities_of); NaN where it has none.
  [[nodiscard]] double quantity(const StudyPoint& point, const std::string& name) const;
};

/// Throws InputError that says which cell cannot be computed, where theory or training does not reach its
/// law.
void require_computable(const Study& study, const std::vector<StudyCell>& cells);

/// The search for the optimum of a cell.
OptimumCell optimum_cell(const StudyCell& cell);

/// Computes what the store does not have; throws as sweep does.
StudyResults compute_study(const Study& study, std::vector<StudyCell> cells, RunStore& store,
                           std::size_t threads);

}  // namespace digon
