#include "sweep/sweep.hpp"

#include "core/base/interrupt.hpp"
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

std::vector<StoredCell> sweep(RunStore& store, const std::string& experiment,
                              const std::vector<SweepCell>& cells, std::size_t threads) {
  std::vector<StoredCell> done(cells.size());
  std::vector<std::size_t> missing;
  std::vector<SweepCell> work;
  bool left_to_shards = false;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (std::optional<StoredCell> found = store.find(cells[k].key())) {
      done[k] = std::move(*found);
    } else if (store.computes(cells[k].key())) {
      missing.push_back(k);
      work.push_back(cells[k]);
    } else {
      left_to_shards = true;
    }
  }
  compute_cells(experiment, work, threads, [&](std::size_t index, StoredCell cell) {
    const std::size_t k = missing[index];
    store.put(experiment, cells[k].key(), cell);
    done[k] = std::move(cell);
  });
  throw_if_interrupted();
  if (left_to_shards) throw LeftToShards();
  return done;
}

}  // namespace digon
