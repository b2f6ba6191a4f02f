#include "sweep/sweep.hpp"

#include <set>
#include <tuple>

#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/parallel.hpp"
#include "core/base/progress.hpp"
#include "sweep/ranks.hpp"

namespace digon {

void compute_cells(const std::string& label, const std::vector<SweepCell>& cells, std::size_t threads,
                   const std::function<void(std::size_t, StoredCell)>& finished) {
  Progress progress(label, cells.size());
  const auto take = [&](std::size_t k, StoredCell cell) {
    finished(k, std::move(cell));
    progress.advance(1);
  };
  if (rank_count() > 1 && cells.size() > 1) {
    compute_on_ranks(cells, threads, take);
    return;
  }
  parallel_for(cells.size(), threads, [&](std::size_t k) {
    if (interrupted()) return;
    StoredCell cell = cells[k].kind->compute(cells[k].settings, cells[k].given);
    if (!interrupted()) take(k, std::move(cell));  // what was cut short is no result
  });
}

void compute_missing(RunStore& store, const std::string& label,
                     const std::vector<ExperimentCells>& experiments, std::size_t threads) {
  std::set<std::tuple<std::string, int, std::string>> seen;
  std::vector<SweepCell> work;
  std::vector<std::string> of;  // which experiment
  for (const ExperimentCells& one : experiments) {
    for (const SweepCell& cell : one.cells) {
      const CellKey key = cell.key();
      if (!store.computes(key) || !seen.emplace(key.kind, key.version, dump_json(key.settings)).second ||
          store.find(key)) {
        continue;
      }
      work.push_back(cell);
      of.push_back(one.experiment);
    }
  }
  compute_cells(label, work, threads,
                [&](std::size_t k, const StoredCell& cell) { store.put(of[k], work[k].key(), cell); });
  throw_if_interrupted();
}

std::vector<StoredCell> sweep(RunStore& store, const std::string& experiment,
                              const std::vector<SweepCell>& cells, std::size_t threads) {
  compute_missing(store, experiment, {{experiment, cells}}, threads);
  std::vector<StoredCell> done;
  for (const SweepCell& cell : cells) {
    std::optional<StoredCell> found = store.find(cell.key());
    if (!found) throw LeftToShards();
    done.push_back(std::move(*found));
  }
  return done;
}

}  // namespace digon
