#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "theory/optima/descent.hpp"
#include "theory/search/multi_start.hpp"

namespace digon {

using OptimumOptions = SearchOptions;

/// A local minimum and the starts that ended in it, the given ones numbered first, then the random ones.
using LocalMinimum = FoundMinimum<Descent>;

/// The descent from the k-th random start of a search: columns in random directions, no biases. Nothing where
/// the loss cannot be evaluated there.
std::optional<Descent> descent_from_start(const Objective& objective, Eigen::Index features,
                                          Eigen::Index hidden, std::uint64_t seed, std::size_t k);

/// The local minima found from random starts (and the given ones), lowest first, the starts computed by
/// `run`, or on the threads of this process. Stops early once interrupted(). Throws InputError where features
/// < 1, hidden < 1 or there are no starts.
std::vector<LocalMinimum> find_minima(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                                      const OptimumOptions& options, const std::vector<ToyModel>& given = {},
                                      const RunStarts<Descent>& run = {});

/// The lowest of them. Throws Interrupted where there is none because no start was finished.
const Descent& lowest(const std::vector<LocalMinimum>& minima);

}  // namespace digon
