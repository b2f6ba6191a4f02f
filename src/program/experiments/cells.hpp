#pragma once

#include <string>

#include "core/run_store.hpp"

namespace digon {

// Cells of single experiments, as cell_kinds.hpp computes them; each is built where its experiment is.

/// Where superposition sets in between two points of the phase diagram, and how it does.
StoredCell compute_onset(const nlohmann::json& settings, const std::string& given);

/// How vulnerable the given trained weights are.
StoredCell compute_attack(const nlohmann::json& settings, const std::string& given);

/// The inner products of the packing that minimises L_1's interference.
StoredCell compute_packing_spectrum(const nlohmann::json& settings, const std::string& given);

}  // namespace digon
