#include "geometry/layer_geometry.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"

namespace digon {
namespace {

/// Vectors of which the second moments are summed before they are added to the rest: the order of additions,
/// and so the result, is the same whatever the number of threads.
struct SecondMoments {
  Eigen::MatrixXd raw;         ///< Σ W_i W_iᵀ [m×m]
  Eigen::MatrixXd normalised;  ///< Σ Ŵ_i Ŵ_iᵀ [m×m]
};

class Blocks {
 public:
  Blocks(const VectorBlocks& vectors, Eigen::Index size) : vectors_(vectors), size_(size) {}

  [[nodiscard]] Eigen::Index count() const { return (vectors_.count + size_ - 1) / size_; }
  [[nodiscard]] Eigen::Index begin(Eigen::Index k) const { return k * size_; }
  [[nodiscard]] Eigen::MatrixXf read(Eigen::Index k) const {
    Eigen::MatrixXf block(vectors_.dim, std::min(size_, vectors_.count - begin(k)));
    vectors_.read(begin(k), block);
    return block;
  }

 private:
  const VectorBlocks& vectors_;
  Eigen::Index size_;
};

/// Pass 1: the norms and second moments.
std::optional<SecondMoments> second_moments(const Blocks& blocks, Eigen::Index dim,
                                            const LayerGeometryOptions& options, Eigen::VectorXd& norm) {
  SecondMoments total{Eigen::MatrixXd::Zero(dim, dim), Eigen::MatrixXd::Zero(dim, dim)};
  // Blocks side by side, whose sums are then added in order: as many as a gigabyte has room for.
  const Eigen::Index round = std::clamp<Eigen::Index>((Eigen::Index{1} << 26) / (dim * dim), 2, 16);
  std::vector<SecondMoments> parts(std::size_t(std::min(round, blocks.count())));
  for (Eigen::Index first = 0; first < blocks.count(); first += round) {
    const Eigen::Index here = std::min(round, blocks.count() - first);
    parallel_for(std::size_t(here), options.threads, [&](std::size_t k) {
      if (interrupted()) return;
      Eigen::MatrixXd W = blocks.read(first + Eigen::Index(k)).cast<double>();
      if (!W.allFinite()) reject("layer: contains NaN or infinity; all vectors must be finite");
      norm.segment(blocks.begin(first + Eigen::Index(k)), W.cols()) = W.colwise().norm();
      SecondMoments& part = parts[k];
      part.raw.setZero(dim, dim);
      part.raw.selfadjointView<Eigen::Lower>().rankUpdate(W);
      for (Eigen::Index i = 0; i < W.cols(); ++i) W.col(i).normalize();  // leaves 0 as it is
      part.normalised.setZero(dim, dim);
      part.normalised.selfadjointView<Eigen::Lower>().rankUpdate(W);
    });
    if (interrupted()) return std::nullopt;
    for (Eigen::Index k = 0; k < here; ++k) {
      total.raw += parts[std::size_t(k)].raw;
      total.normalised += parts[std::size_t(k)].normalised;
    }
  }
  total.raw = Eigen::MatrixXd(total.raw.selfadjointView<Eigen::Lower>());
  total.normalised = Eigen::MatrixXd(total.normalised.selfadjointView<Eigen::Lower>());
  return total;
}

/// Pass 2: what each vector shares, Ŵᵀ (Σ_j W_j W_jᵀ) Ŵ − ‖W‖².
void measure_sharing(const Blocks& blocks, const Eigen::MatrixXd& moments,
                     const LayerGeometryOptions& options, FeatureGeometry& features) {
  parallel_for(std::size_t(blocks.count()), options.threads, [&](std::size_t k) {
    if (interrupted()) return;
    const Eigen::MatrixXd W = blocks.read(Eigen::Index(k)).cast<double>();
    const Eigen::MatrixXd image = moments.selfadjointView<Eigen::Lower>() * W;
    for (Eigen::Index i = 0; i < W.cols(); ++i) {
      const Eigen::Index at = blocks.begin(Eigen::Index(k)) + i;
      const double square = features.norm[at] * features.norm[at];
      if (square == 0.0) continue;
      const double all = W.col(i).dot(image.col(i)) / square;
      features.superposition[at] = std::max(0.0, all - square);
      features.dimensionality[at] = square / (square + features.superposition[at]);
    }
  });
}

/// The layer's vectors at length 1; those that are 0 stay 0.
VectorBlocks of_unit_length(const VectorBlocks& vectors, const Eigen::VectorXd& norm) {
  return {vectors.count, vectors.dim, [&](Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) {
            vectors.read(begin, block);
            for (Eigen::Index i = 0; i < block.cols(); ++i) {
              if (norm[begin + i] > 0.0) block.col(i) *= float(1.0 / norm[begin + i]);
            }
          }};
}

Eigen::VectorXd read_one(const VectorBlocks& vectors, Eigen::Index i) {
  Eigen::MatrixXf one(vectors.dim, 1);
  vectors.read(i, one);
  return one.col(0).cast<double>();
}

}  // namespace

std::size_t blocks_of_pairs(Eigen::Index count, const LayerGeometryOptions& options) {
  const auto blocks = std::size_t((count + options.block - 1) / options.block);
  return options.coherence ? blocks * (blocks + 1) / 2 : 0;
}

std::optional<LayerGeometry> layer_geometry(const VectorBlocks& vectors,
                                            const LayerGeometryOptions& options) {
  const Eigen::Index n = vectors.count;
  const Blocks blocks(vectors, options.block);
  LayerGeometry geometry;
  FeatureGeometry& features = geometry.features;
  features = {Eigen::VectorXd::Zero(n), Eigen::VectorXd::Zero(n), Eigen::VectorXd::Zero(n), 0.0};
  const std::optional<SecondMoments> moments = second_moments(blocks, vectors.dim, options, features.norm);
  if (!moments) return std::nullopt;
  measure_sharing(blocks, moments->raw, options, features);
  if (interrupted()) return std::nullopt;
  features.dimensions_per_feature = double(vectors.dim) / features.norm.squaredNorm();
  geometry.nonzero = (features.norm.array() > 0.0).count();
  geometry.frame_potential = moments->normalised.squaredNorm();
  const auto k = double(geometry.nonzero);
  if (geometry.nonzero > 1) {
    geometry.mean_squared_cosine = std::max(0.0, geometry.frame_potential - k) / (k * (k - 1.0));
  }
  if (!options.coherence || geometry.nonzero < 2) return geometry;

  PairCosines cosines =
      pair_cosines(of_unit_length(vectors, features.norm), options.block, options.threads, options.advance);
  if (interrupted()) return std::nullopt;
  // Vectors that are 0 are in no pair: their cosines, 0, are not counted.
  const auto pairs = [](Eigen::Index of) { return std::uint64_t(of) * std::uint64_t(of - 1) / 2; };
  cosines.counts[cosine_bins / 2] -= pairs(n) - pairs(geometry.nonzero);
  geometry.cosine_counts = cosines.counts;
  geometry.largest_cosine = cosines.largest.cast<double>();
  Eigen::Index first = 0;
  cosines.largest.maxCoeff(&first);
  const Eigen::Index second = cosines.other[std::size_t(first)];
  geometry.closest = VectorPair{
      first, second, read_one(vectors, first).normalized().dot(read_one(vectors, second).normalized())};
  return geometry;
}

}  // namespace digon
