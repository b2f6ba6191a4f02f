#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "program/verdict/verdict.hpp"

namespace digon {

/// What is known without training, measured by the exact theory: limits of the decomposition, the linear
/// optimum, regular polygons, phase boundaries, the dimensionality of polytopes, the sparse limit, optima by
/// name. Nothing where a signal ended it.
std::optional<std::vector<Check>> theory_suite(std::uint64_t seed, std::size_t threads);

}  // namespace digon
