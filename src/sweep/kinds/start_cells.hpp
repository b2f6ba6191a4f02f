#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sweep/sweep.hpp"
#include "theory/search/multi_start.hpp"

namespace digon {

/// An executor that makes each start of a search a cell of this kind, so that they are shared out over the
/// threads of this process or over all ranks: settings_of(k) is what determines start k, from which the kind
/// computes what the search itself would, and read(result) is what it came to.
template <typename Found>
RunStarts<Found> in_cells(std::string label, const CellKind& kind, std::size_t threads,
                          std::function<nlohmann::json(std::size_t)> settings_of,
                          std::function<std::optional<Found>(const nlohmann::json&)> read) {
  return [=, &kind](std::size_t count, const Start<Found>& /*start*/) {
    std::vector<SweepCell> cells;
    for (std::size_t k = 0; k < count; ++k) cells.push_back({&kind, settings_of(k)});
    std::vector<std::optional<Found>> found(count);
    compute_cells(label, cells, threads,
                  [&](std::size_t k, StoredCell cell) { found[k] = read(cell.result); });
    return found;
  };
}

}  // namespace digon
