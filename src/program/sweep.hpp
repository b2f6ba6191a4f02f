#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/run_store.hpp"

namespace digon {

/// One cell of a sweep: what determines it, and how it is computed.
struct SweepCell {
  nlohmann::json settings;
  std::function<StoredCell()> work;
};

/// The cells of a sweep, in their order: those in the store are taken from there, the others are computed
/// side by side and stored as each is finished. Nothing where a signal ended it; what is finished stays.
std::optional<std::vector<StoredCell>> sweep(RunStore& store, const std::string& experiment,
                                             const std::vector<SweepCell>& cells, std::size_t threads);

}  // namespace digon
