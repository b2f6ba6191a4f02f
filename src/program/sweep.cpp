#include "program/sweep.hpp"

#include <chrono>

#include "core/interrupt.hpp"
#include "core/parallel.hpp"
#include "core/progress.hpp"

namespace digon {

std::optional<std::vector<StoredCell>> sweep(RunStore& store, const std::string& experiment,
                                             const std::vector<SweepCell>& cells, std::size_t threads) {
  using Clock = std::chrono::steady_clock;
  std::vector<StoredCell> done(cells.size());
  std::vector<std::size_t> missing;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (std::optional<StoredCell> found = store.find(cells[k].settings)) {
      done[k] = std::move(*found);
    } else {
      missing.push_back(k);
    }
  }
  Progress progress(experiment, missing.size());
  parallel_for(missing.size(), threads, [&](std::size_t index) {
    if (interrupted()) return;
    const std::size_t k = missing[index];
    const Clock::time_point begin = Clock::now();
    done[k] = cells[k].work();
    if (interrupted()) return;  // what was cut short is no result
    done[k].seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    store.put(experiment, cells[k].settings, done[k]);
    progress.advance(1);
  });
  if (interrupted()) return std::nullopt;
  return done;
}

}  // namespace digon
