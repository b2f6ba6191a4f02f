#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "geometry/coherence.hpp"
#include "geometry/feature_dimensionality.hpp"

namespace digon {

/// Two vectors and the cosine between them.
struct VectorPair {
  Eigen::Index first = 0;
  Eigen::Index second = 0;
  double cosine = 0.0;
};

/// How the vectors of a layer share its dimensions. Vectors that are 0 take part in no pair.
struct LayerGeometry {
  FeatureGeometry features;
  Eigen::Index nonzero = 0;          ///< vectors that are not 0
  double frame_potential = 0.0;      ///< Σ_ij (Ŵ_i·Ŵ_j)², at least n²/m (benedetto2003)
  double mean_squared_cosine = 0.0;  ///< over pairs i ≠ j
  /// The pair of the largest |Ŵ_i·Ŵ_j|, the coherence; none if it was not asked for, or there is no pair.
  std::optional<VectorPair> closest;
  Eigen::VectorXd largest_cosine;  ///< [n] max_{j≠i} |Ŵ_i·Ŵ_j|; empty where coherence was not asked for
  /// How many pairs have their cosine in each of cosine_bins equal parts of [−1, 1]; empty likewise.
  std::vector<std::uint64_t> cosine_counts;
};

struct LayerGeometryOptions {
  bool coherence = true;      ///< all pairs: n²m operations; the rest needs n m²
  Eigen::Index block = 1024;  ///< vectors read at a time, by each thread
  std::size_t threads = 0;    ///< 0: one a core; the result does not depend on it
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with blocks of pairs done
};

/// Blocks of pairs that layer_geometry will work through, for a progress line.
std::size_t blocks_of_pairs(Eigen::Index count, const LayerGeometryOptions& options);

/// Norms, interference and dimensionality in double precision from the m×m matrix Σ_i W_i W_iᵀ, of which
/// Σ_j (Ŵ_i·W_j)² = Ŵ_iᵀ (Σ_j W_j W_jᵀ) Ŵ_i; cosines of all pairs in single precision, the closest pair again
/// in double. Memory: m² and n doubles, and three blocks a thread. Nothing where a signal ended it. Throws
/// InputError where a vector is not finite.
std::optional<LayerGeometry> layer_geometry(const VectorBlocks& vectors,
                                            const LayerGeometryOptions& options = {});

}  // namespace digon
