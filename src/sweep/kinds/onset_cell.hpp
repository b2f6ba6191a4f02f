#pragma once

#include <optional>
#include <vector>

#include "sweep/run_store.hpp"
#include "theory/optima/phase.hpp"

namespace digon {

/// The density at which superposition sets in, between a denser point of another phase and a sparser point
/// that is superposed, and whether the last feature's state jumps there.
struct OnsetCell {
  PhasePoint denser;
  PhasePoint sparser;
};

struct PhaseOnset {
  double density = 0.0;
  double norm_jump = 0.0;  ///< of ‖W_n‖, across the onset
  /// Of Σ_{j≠n} (Ŵ_n·W_j)²; nothing where the feature is absent on one side: it has no direction there.
  std::optional<double> shared_jump = {};
};

/// The onset of each cell; throws as sweep does.
std::vector<PhaseOnset> find_onsets(RunStore& store, const std::vector<OnsetCell>& cells,
                                    std::size_t threads);

}  // namespace digon
