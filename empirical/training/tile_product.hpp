#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "core/base/simd.hpp"
#include "empirical/sampling/feature_sampler.hpp"

namespace digon {

/// The two products of the training loop, with the samples of a tile as the lanes of the vectors.
template <typename Scalar>
inline constexpr int lanes_of = simd_bytes / sizeof(Scalar);

/// A matrix of weights as the products read it: entry (output, input) at output × output_stride + input ×
/// input_stride.
template <typename Scalar>
struct WeightView {
  const Scalar* data;
  Eigen::Index output_stride;
  Eigen::Index input_stride;
};

/// Σ_k weight(c, k) in_k of some outputs c from `first` on, of some vectors of samples, in registers.
template <int outputs, int vectors, typename Scalar, typename Emit>
inline void multiply_block(const Scalar* in, Eigen::Index inputs, const WeightView<Scalar>& weight,
                           Eigen::Index first, const Emit& emit) {
  Simd<Scalar> sum[outputs][vectors] = {};
  const Scalar* row = weight.data + first * weight.output_stride;
  for (Eigen::Index k = 0; k < inputs; ++k) {
    const Scalar* column = in + k * tile_samples;
#pragma GCC unroll 16
    for (int c = 0; c < outputs; ++c) {
      const Scalar w = row[c * weight.output_stride + k * weight.input_stride];
      for (int v = 0; v < vectors; ++v) sum[c][v] += w * simd_at(column + v * lanes_of<Scalar>);
    }
  }
#pragma GCC unroll 16
  for (int c = 0; c < outputs; ++c) {
    for (int v = 0; v < vectors; ++v) emit(first + c, v * lanes_of<Scalar>, sum[c][v]);
  }
}

/// Blocks of 4 outputs and as many vectors of samples, or of 2 where there are only 16 registers.
template <typename Scalar, typename Emit>
inline void multiply_by_few(const Tile<Scalar>& in, const WeightView<Scalar>& weight, Eigen::Index outputs,
                            const Emit& emit) {
  constexpr int vectors = simd_registers / 8;
  for (Eigen::Index sample = 0; sample < tile_samples; sample += vectors * lanes_of<Scalar>) {
    const auto emit_here = [&](Eigen::Index c, Eigen::Index offset, const Simd<Scalar>& sum) {
      emit(c, 1, sample + offset, &sum);
    };
    const Scalar* data = in.data() + sample;
    Eigen::Index c = 0;
    for (; c + 4 <= outputs; c += 4) multiply_block<4, vectors>(data, in.cols(), weight, c, emit_here);
    if (c + 2 <= outputs) {
      multiply_block<2, vectors>(data, in.cols(), weight, c, emit_here);
      c += 2;
    }
    if (c < outputs) multiply_block<1, vectors>(data, in.cols(), weight, c, emit_here);
  }
}

/// A block of so many outputs, or of the most below that are left; gives how many.
template <int outputs, int most, typename Scalar>
inline int multiply_some(const Scalar* in, Eigen::Index inputs, const WeightView<Scalar>& weight,
                         Eigen::Index first, Eigen::Index left, Simd<Scalar> (&sums)[2][most]) {
  if constexpr (outputs > 1) {
    constexpr int fewer = outputs > 2 ? outputs - 2 : 1;
    if (left < outputs) return multiply_some<fewer, most>(in, inputs, weight, first, left, sums);
  }
  multiply_block<outputs, 2>(in, inputs, weight, first,
                             [&](Eigen::Index c, Eigen::Index offset, const Simd<Scalar>& sum) {
                               sums[offset / lanes_of<Scalar>][c - first] = sum;
                             });
  return outputs;
}

/// Blocks of as many outputs as registers hold the sums of, of two vectors of samples, so that inputs which
/// the nearest cache does not hold come from the next as seldom as can be.
template <typename Scalar, typename Emit>
inline void multiply_by_many(const Tile<Scalar>& in, const WeightView<Scalar>& weight, Eigen::Index outputs,
                             const Emit& emit) {
  constexpr int most = pairs_in_registers;
  const Eigen::Index blocks = (outputs + most - 1) / most;
  const Eigen::Index even = ((outputs + blocks - 1) / blocks + 1) / 2 * 2;  // outputs a block
  Simd<Scalar> sums[2][most];
  for (Eigen::Index sample = 0; sample < tile_samples; sample += 2 * lanes_of<Scalar>) {
    for (Eigen::Index first = 0; first < outputs;) {
      const Eigen::Index left = std::min(even, outputs - first);
      const int done = multiply_some<most, most>(in.data() + sample, in.cols(), weight, first, left, sums);
      for (int v = 0; v < 2; ++v) emit(first, done, sample + v * lanes_of<Scalar>, sums[v]);
      first += done;
    }
  }
}

/// out_c = Σ_k weight(c, k) in_k for all samples of a tile: calls emit(c, count, sample, sums) for outputs
/// from c on and the vector of samples from `sample` on.
template <typename Scalar, typename Emit>
inline void multiply_tile(const Tile<Scalar>& in, const WeightView<Scalar>& weight, Eigen::Index outputs,
                          const Emit& emit) {
  if (outputs >= 8 && in.cols() >= 16) return multiply_by_many(in, weight, outputs, emit);
  multiply_by_few(in, weight, outputs, emit);
}

/// One outer product, Σ_samples hidden_a feature_j.
template <typename Scalar>
struct OuterTerm {
  const Scalar* hidden;   ///< [tile × m], or [stride × tile]
  const Scalar* feature;  ///< [tile × n]
};

template <int hidden_block, int feature_block, typename Scalar, int terms>
inline void add_outer_block(const OuterTerm<Scalar> (&term)[terms], Eigen::Index m, Eigen::Index a,
                            Eigen::Index j, Scalar* sums) {
  constexpr int lanes = lanes_of<Scalar>;
  Simd<Scalar> sum[feature_block][hidden_block];
  for (int c = 0; c < feature_block; ++c) {
    for (int r = 0; r < hidden_block; ++r) sum[c][r] = simd_at(sums + ((j + c) * m + a + r) * lanes);
  }
  for (const OuterTerm<Scalar>& one : term) {
    for (Eigen::Index sample = 0; sample < tile_samples; sample += lanes) {
      Simd<Scalar> left[hidden_block];
      for (int r = 0; r < hidden_block; ++r) left[r] = simd_at(one.hidden + (a + r) * tile_samples + sample);
      for (int c = 0; c < feature_block; ++c) {
        const Simd<Scalar> right = simd_at(one.feature + (j + c) * tile_samples + sample);
        for (int r = 0; r < hidden_block; ++r) sum[c][r] += left[r] * right;
      }
    }
  }
  for (int c = 0; c < feature_block; ++c) {
    for (int r = 0; r < hidden_block; ++r) put_simd(sums + ((j + c) * m + a + r) * lanes, sum[c][r]);
  }
}

/// Adds the outer products to the sums [lanes × mn], entry (a, j) in column j m + a, each lane its own
/// samples: for few hidden dimensions.
template <typename Scalar, int terms>
inline void add_outer_products(const OuterTerm<Scalar> (&term)[terms], Eigen::Index m, Eigen::Index n,
                               Scalar* sums) {
  const auto all_hidden = [&]<int feature_block>(Eigen::Index j) {
    Eigen::Index a = 0;
    if constexpr (simd_registers >= 32) {
      for (; a + 4 <= m; a += 4) {
        if (a + 5 == m) return add_outer_block<5, feature_block>(term, m, a, j, sums);
        add_outer_block<4, feature_block>(term, m, a, j, sums);
      }
    }
    for (; a + 2 <= m; a += 2) {
      if (a + 3 == m) return add_outer_block<3, feature_block>(term, m, a, j, sums);
      add_outer_block<2, feature_block>(term, m, a, j, sums);
    }
    if (a < m) add_outer_block<1, feature_block>(term, m, a, j, sums);
  };
  Eigen::Index j = 0;
  for (; j + 4 <= n; j += 4) all_hidden.template operator()<4>(j);
  switch (n - j) {
    case 3:
      return all_hidden.template operator()<3>(j);
    case 2:
      return all_hidden.template operator()<2>(j);
    case 1:
      return all_hidden.template operator()<1>(j);
    default:
      return;
  }
}

/// A tile with its columns side by side: [stride × tile], the rest of a stride as it was.
template <typename Scalar>
inline void transpose_tile(const Tile<Scalar>& in, Eigen::Index stride, Scalar* out) {
  for (Eigen::Index first = 0; first < in.cols(); first += lanes_of<Scalar>) {
    const Eigen::Index last = std::min<Eigen::Index>(first + lanes_of<Scalar>, in.cols());
    for (Eigen::Index sample = 0; sample < tile_samples; ++sample) {
      for (Eigen::Index a = first; a < last; ++a) out[sample * stride + a] = in(sample, a);
    }
  }
}

template <int feature_block, int vectors, typename Scalar, int terms>
inline void add_outer_rows(const OuterTerm<Scalar> (&term)[terms], Eigen::Index stride, Eigen::Index a,
                           Eigen::Index j, Scalar* sums) {
  constexpr int lanes = lanes_of<Scalar>;
  Simd<Scalar> sum[feature_block][vectors] = {};
  for (const OuterTerm<Scalar>& one : term) {
    const Scalar* hidden = one.hidden + a;
    const Scalar* feature = one.feature + j * tile_samples;
    for (Eigen::Index sample = 0; sample < tile_samples; ++sample, hidden += stride, ++feature) {
      Simd<Scalar> left[vectors];
      for (int v = 0; v < vectors; ++v) left[v] = simd_at(hidden + v * lanes);
      for (int c = 0; c < feature_block; ++c) {
        for (int v = 0; v < vectors; ++v) sum[c][v] += feature[c * tile_samples] * left[v];
      }
    }
  }
  for (int c = 0; c < feature_block; ++c) {
    for (int v = 0; v < vectors; ++v) add_simd(sums + (j + c) * stride + a + v * lanes, sum[c][v]);
  }
}

/// Adds the outer products to the sums [stride × n], the hidden dimensions in the lanes, from transposed
/// hidden tiles: for many hidden dimensions, whose sums of every lane would not stay in the nearest cache.
template <typename Scalar, int terms>
inline void add_outer_products_by_hidden(const OuterTerm<Scalar> (&term)[terms], Eigen::Index stride,
                                         Eigen::Index n, Scalar* sums) {
  constexpr int lanes = lanes_of<Scalar>;
  // Blocks of at most three quarters of the registers, the rest for what is multiplied.
  constexpr int most_vectors = simd_registers >= 32 ? 3 : 2;
  const auto all_features = [&]<int vectors>(Eigen::Index a) {
    constexpr int features = vectors == 1 ? 12 : most_vectors == 2 ? 6 : 8;
    Eigen::Index j = 0;
    for (; j + features <= n; j += features) add_outer_rows<features, vectors>(term, stride, a, j, sums);
    for (; j + 4 <= n; j += 4) add_outer_rows<4, vectors>(term, stride, a, j, sums);
    for (; j < n; ++j) add_outer_rows<1, vectors>(term, stride, a, j, sums);
  };
  Eigen::Index a = 0;
  for (; a + most_vectors * lanes <= stride; a += most_vectors * lanes) {
    all_features.template operator()<most_vectors>(a);
  }
  if constexpr (most_vectors > 2) {
    if (a + 2 * lanes <= stride) return all_features.template operator()<2>(a);
  }
  if (a < stride) all_features.template operator()<1>(a);
}

}  // namespace digon
