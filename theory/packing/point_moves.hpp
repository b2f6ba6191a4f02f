#pragma once

#include <vector>

#include "theory/packing/code_kind.hpp"
#include "theory/search/evolution.hpp"

namespace digon {

// The moves of searches for points on the sphere; docs/search-codes.md has what each is worth.

/// For codes and lines.
std::vector<Move> code_moves(CodeKind kind);

/// For energies.
std::vector<Move> packing_moves();

}  // namespace digon
