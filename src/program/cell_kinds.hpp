#pragma once

#include "program/sweep.hpp"

namespace digon {

/// Computes a cell and times it, whatever its kind. What it returns once interrupted() is no result. Throws
/// std::logic_error for a kind there is not.
StoredCell compute(const SweepCell& cell);

}  // namespace digon
