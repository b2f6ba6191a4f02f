#include "geometry/coherence.hpp"

#include <algorithm>
#include <array>
#include <mutex>

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/simd.hpp"

namespace digon {
namespace {

using Eigen::Index;

// A tile is the cosines of two registers of vectors with so many others that the sums fill the registers, but
// for two of vectors and, where a product cannot read the other factor from memory, one for that: 14 with 32
// registers, 6 with 16. Each number loaded meets 14 or 6 others there: of the 28 products a step the loads
// take half the time.
constexpr Index lanes = simd_bytes / Index{sizeof(float)};
constexpr Index tile_rows = 2 * lanes;
constexpr Index tile_columns = pairs_in_registers;
using Tile = Eigen::Array<float, tile_rows, tile_columns>;

/// Vectors in panels of `width`: entry k of all of a panel side by side, then entry k + 1. Zeros fill the
/// last.
template <Index width>
class Panels {
 public:
  Panels(Index dim, Index most) : dim_(dim), values_(dim * (most + width)) {}

  void assign(const Eigen::Ref<const Eigen::MatrixXf>& vectors) {
    vectors_ = vectors.cols();
    constexpr Index line = 16;  // entries read of one vector before the next
    for (Index p = 0; p < count(); ++p) {
      float* panel = values_.data() + p * width * dim_;
      const Index here = vectors_of(p);
      if (here < width) std::fill_n(panel, width * dim_, 0.0F);
      for (Index begin = 0; begin < dim_; begin += line) {
        const Index end = std::min(begin + line, dim_);
        for (Index c = 0; c < here; ++c) {
          const float* vector = vectors.col(first(p) + c).data();
          for (Index k = begin; k < end; ++k) panel[k * width + c] = vector[k];
        }
      }
    }
  }
  [[nodiscard]] Index vectors() const { return vectors_; }
  [[nodiscard]] Index count() const { return (vectors_ + width - 1) / width; }
  [[nodiscard]] Index first(Index p) const { return p * width; }
  [[nodiscard]] Index vectors_of(Index p) const { return std::min(width, vectors_ - first(p)); }
  [[nodiscard]] const float* operator[](Index p) const { return values_.data() + p * width * dim_; }

 private:
  Index dim_;
  Index vectors_ = 0;
  Eigen::VectorXf values_;
};
using Rows = Panels<tile_rows>;
using Columns = Panels<tile_columns>;

/// cosines(r, c) = Σ_k rows[k][r] columns[k][c].
void multiply(const float* rows, const float* columns, Index dim, Tile& cosines) {
  Simd<float> sum[tile_columns][2] = {};
  for (Index k = 0; k < dim; ++k, rows += tile_rows, columns += tile_columns) {
    const Simd<float> first = simd_at(rows);
    const Simd<float> second = simd_at(rows + lanes);
#pragma GCC unroll 16
    for (Index c = 0; c < tile_columns; ++c) {
      sum[c][0] += first * columns[c];
      sum[c][1] += second * columns[c];
    }
  }
  for (Index c = 0; c < tile_columns; ++c) {
    put_simd(&cosines(0, c), sum[c][0]);
    put_simd(&cosines(lanes, c), sum[c][1]);
  }
}

/// The bin of a cosine, which rounding may take beyond 1.
int bin_of(float cosine) {
  return std::clamp(int((cosine + 1.0F) * (0.5F * float(cosine_bins))), 0, int(cosine_bins) - 1);
}

/// The largest |cosine| of each of a block's vectors with those of another, and with which.
struct Largest {
  explicit Largest(Index vectors)
      : cosine(Eigen::ArrayXf::Constant(vectors, -1.0F)), other(std::size_t(vectors), -1) {}

  void offer(Index i, Index j, float size) {
    if (size <= cosine[i]) return;
    cosine[i] = size;
    other[std::size_t(i)] = j;
  }

  Eigen::ArrayXf cosine;
  std::vector<Index> other;
};

/// What the pairs of two blocks have. Tiles come in ascending order of rows, and of columns for the same
/// rows, so that of equal cosines the first other stays.
class BlockPair {
 public:
  BlockPair(Index rows, Index columns) : of_rows(rows), of_columns(columns) {}

  /// All pairs of a tile.
  void add(const Tile& cosines, Index row, Index column) {
    std::array<int, std::size_t(tile_rows * tile_columns)> bins;
    for (std::size_t k = 0; k < bins.size(); ++k) bins[k] = bin_of(cosines.data()[k]);
    // Neighbours are counted apart: most fall into the same bins, and each would wait for the one before.
    for (std::size_t k = 0; k < bins.size(); k += counts_.size()) {
      for (std::size_t c = 0; c < counts_.size(); ++c) ++counts_[c][std::size_t(bins[k + c])];
    }
    const Tile size = cosines.abs();
    const Eigen::Array<float, tile_rows, 1> most = size.rowwise().maxCoeff();
    if ((most > of_rows.cosine.segment<tile_rows>(row)).any()) {
      for (Index r = 0; r < tile_rows; ++r) {
        if (most[r] <= of_rows.cosine[row + r]) continue;
        for (Index c = 0; c < tile_columns; ++c) of_rows.offer(row + r, column + c, size(r, c));
      }
    }
    for (Index c = 0; c < tile_columns; ++c) {
      if (size.col(c).maxCoeff() <= of_columns.cosine[column + c]) continue;
      for (Index r = 0; r < tile_rows; ++r) of_columns.offer(column + c, row + r, size(r, c));
    }
  }

  void add(float cosine, Index row, Index column) {
    ++counts_[0][std::size_t(bin_of(cosine))];
    of_rows.offer(row, column, std::abs(cosine));
    of_columns.offer(column, row, std::abs(cosine));
  }

  [[nodiscard]] std::uint64_t count(std::size_t bin) const {
    std::uint64_t sum = 0;
    for (const auto& some : counts_) sum += some[bin];
    return sum;
  }

  Largest of_rows;
  Largest of_columns;

 private:
  std::array<std::array<std::uint64_t, cosine_bins>, 4> counts_{};
};

/// Every row with every column; of a block with itself, with those that come later.
BlockPair pairs_of(const Rows& rows, const Columns& columns, Index dim, bool same) {
  BlockPair pairs(rows.vectors(), columns.vectors());
  Tile cosines;
  for (Index p = 0; p < rows.count(); ++p) {
    const Index row = rows.first(p);
    for (Index q = 0; q < columns.count() && !interrupted(); ++q) {
      const Index column = columns.first(q);
      if (same && column + columns.vectors_of(q) <= row + 1) continue;
      multiply(rows[p], columns[q], dim, cosines);
      const bool whole = rows.vectors_of(p) == tile_rows && columns.vectors_of(q) == tile_columns;
      if (whole && (!same || row + tile_rows <= column)) {
        pairs.add(cosines, row, column);
        continue;
      }
      for (Index r = 0; r < rows.vectors_of(p); ++r) {
        for (Index c = 0; c < columns.vectors_of(q); ++c) {
          if (!same || row + r < column + c) pairs.add(cosines(r, c), row + r, column + c);
        }
      }
    }
  }
  return pairs;
}

}  // namespace

PairCosines pair_cosines(const VectorBlocks& unit, Index block, std::size_t threads,
                         const std::function<void(std::size_t)>& advance) {
  PairCosines all{Eigen::VectorXf::Constant(unit.count, -1.0F),
                  std::vector<Index>(std::size_t(unit.count), -1)};
  std::mutex merging;
  const auto merge = [&](const Largest& found, Index begin, Index begin_of_others) {
    for (Index i = 0; i < found.cosine.size(); ++i) {
      if (found.other[std::size_t(i)] < 0) continue;
      // Ties go to the lower index, in whatever order the blocks come.
      const Index j = begin_of_others + found.other[std::size_t(i)];
      Index& other = all.other[std::size_t(begin + i)];
      float& largest = all.largest[begin + i];
      if (found.cosine[i] < largest || (found.cosine[i] == largest && j > other)) continue;
      largest = found.cosine[i];
      other = j;
    }
  };
  // A block stays with its thread while the others go by: each meets itself and all that come later.
  const Index count = (unit.count + block - 1) / block;
  const Index most = std::min(block, unit.count);
  parallel_for(std::size_t(count), threads, [&](std::size_t k) {
    const Index a = Index(k) * block;
    if (interrupted()) return;
    Eigen::MatrixXf vectors(unit.dim, most);
    Rows rows(unit.dim, most);
    Columns columns(unit.dim, most);
    for (Index b = a; b < unit.count && !interrupted(); b += block) {
      auto others = vectors.leftCols(std::min(block, unit.count - b));
      unit.read(b, others);
      if (b == a) rows.assign(others);
      columns.assign(others);
      const BlockPair pairs = pairs_of(rows, columns, unit.dim, a == b);
      const std::scoped_lock lock(merging);
      for (std::size_t bin = 0; bin < cosine_bins; ++bin) all.counts[bin] += pairs.count(bin);
      merge(pairs.of_rows, a, b);
      merge(pairs.of_columns, b, a);
      advance(1);
    }
  });
  return all;
}

}  // namespace digon
