#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace digon {

/// n vectors in R^m, given block by block: a layer that need not fit in memory.
struct VectorBlocks {
  Eigen::Index count = 0;  ///< n
  Eigen::Index dim = 0;    ///< m
  /// Fills block [m×k] with vectors begin … begin + k − 1; called from many threads.
  std::function<void(Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block)> read;
};

inline constexpr std::size_t cosine_bins = 40;

/// The cosines of all pairs of vectors. One that is 0 has cosine 0 with every other.
struct PairCosines {
  Eigen::VectorXf largest;          ///< [n] max_{j≠i} |cos_ij|; −1 where there is no other
  std::vector<Eigen::Index> other;  ///< the least j that has it
  /// How many pairs have their cosine in each of cosine_bins equal parts of [−1, 1].
  std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(cosine_bins, 0);
};

/// The cosines of all pairs of `unit` vectors, of length 1 or 0, in single precision: n²m operations. Each
/// thread holds three blocks of so many vectors; `advance` is called with each pair of blocks done. The
/// result does not depend on the blocks or the threads. Incomplete where a signal ended it.
PairCosines pair_cosines(const VectorBlocks& unit, Eigen::Index block, std::size_t threads,
                         const std::function<void(std::size_t)>& advance);

}  // namespace digon
