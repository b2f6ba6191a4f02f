#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sweep/cell_kind.hpp"

namespace digon {

/// One cell of a sweep as data: any process can compute it from this alone.
struct SweepCell {
  const CellKind* kind = nullptr;  ///< how it is computed
  nlohmann::json settings;         ///< what determines it
  /// Weights it needs, whose origin the settings tell: the bytes of a safetensors file.
  std::string given = {};

  [[nodiscard]] CellKey key() const { return {kind->name(), kind->version(), settings}; }
};

/// Computes cells side by side, on `threads` threads (0: one a core) of this process, or of every rank where
/// there are several. Calls finished(k, cell) as each is finished, from many threads. Stops early once
/// interrupted().
void compute_cells(const std::string& label, const std::vector<SweepCell>& cells, std::size_t threads,
                   const std::function<void(std::size_t, StoredCell)>& finished);

/// There is no result yet, because cells of the sweep are left to other shards. This shard's are computed.
struct LeftToShards : std::runtime_error {
  LeftToShards() : std::runtime_error("cells are left to other shards") {}
};

/// The cells of an experiment.
struct ExperimentCells {
  std::string experiment;
  std::vector<SweepCell> cells;
};

/// Computes and stores what the store lacks of several experiments, all side by side: no thread waits for the
/// last cell of one before the first of the next. A cell of two experiments is computed once, as the first's.
/// Throws Interrupted where a signal ended it; what is finished stays in the store.
void compute_missing(RunStore& store, const std::string& label,
                     const std::vector<ExperimentCells>& experiments, std::size_t threads);

/// The cells of a sweep, in their order: those in the store are taken from there, the others are computed and
/// stored as each is finished. Throws Interrupted where a signal ended it, LeftToShards where cells are other
/// shards' to compute; what is finished stays in the store.
std::vector<StoredCell> sweep(RunStore& store, const std::string& experiment,
                              const std::vector<SweepCell>& cells, std::size_t threads);

}  // namespace digon
