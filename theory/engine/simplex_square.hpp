#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace digon {

// Integrals of (t − max(z, 0))² over a simplex on which t and z are linear, from their values at its
// vertices.
//
// Of e linear on a simplex of dimension d and volume |T|, ∫ e² = |T| (Σ e_v² + (Σ e_v)²)/((d + 1)(d + 2)).
// Where z changes sign the simplex is cut between its highest and its lowest vertex, at the point c with
// z_c = 0, until no part has both signs. Every term is ≥ 0: nothing cancels, and the sum is right to some
// 1e-15, but for what t − z itself loses where they are nearly equal.
//
// On [0, 1] with t = x and z = 2x − 1: z = (−1, 1), t = (0, 1) is cut at x = 1/2 where t = 1/2; the left
// half gives ½(0 + ¼ + ¼)/6 = 1/24, the right one, e = (½, 0), ½(¼ + ¼)/6 = 1/24.

/// Values at the vertices of a simplex of dimension V − 1.
template <std::size_t V>
using AtVertices = std::array<double, V>;

/// The vertices of highest and lowest z, and where between them z is 0: at share_high of the highest.
struct Cut {
  std::size_t high = 0;
  std::size_t low = 0;
  double share_high = 0.0;
  double share_low = 0.0;
};

template <std::size_t V>
Cut cut_of(const AtVertices<V>& z) {
  const auto [low, high] = std::minmax_element(z.begin(), z.end());
  const double range = *high - *low;
  return {std::size_t(high - z.begin()), std::size_t(low - z.begin()), -*low / range, *high / range};
}

/// ∫ e² of volume 1.
template <std::size_t V>
double mean_square_on_simplex(const AtVertices<V>& e) {
  double squares = 0.0;
  double sum = 0.0;
  for (const double each : e) {
    squares += each * each;
    sum += each;
  }
  return (squares + sum * sum) / double(V * (V + 1));
}

/// ∫ (t − max(z, 0))².
template <std::size_t V>
double square_on_simplex(const AtVertices<V>& t, const AtVertices<V>& z, double volume) {
  const Cut cut = cut_of(z);
  if (z[cut.high] > 0.0 && z[cut.low] < 0.0) {
    const double t_cut = cut.share_high * t[cut.high] + cut.share_low * t[cut.low];
    // A part's share of the volume is its share of the edge that is cut.
    AtVertices<V> part_t = t;
    AtVertices<V> part_z = z;
    part_t[cut.low] = t_cut;
    part_z[cut.low] = 0.0;
    const double above = square_on_simplex(part_t, part_z, cut.share_low * volume);
    part_t = t;
    part_z = z;
    part_t[cut.high] = t_cut;
    part_z[cut.high] = 0.0;
    return above + square_on_simplex(part_t, part_z, cut.share_high * volume);
  }
  AtVertices<V> e = t;
  if (z[cut.high] > 0.0) {
    for (std::size_t v = 0; v < V; ++v) e[v] -= z[v];
  }
  return volume * mean_square_on_simplex(e);
}

/// Adds ∫ (t − z) f_k over where z > 0 to sum[k], f_k linear: what the gradient is made of, since the
/// integrand is continuous where a vertex moves. f_0 = 1 gives ∫ (t − z).
template <std::size_t V, std::size_t K>
void add_moments_on_simplex(const AtVertices<V>& t, const AtVertices<V>& z,
                            const std::array<AtVertices<V>, K>& f, double volume,
                            std::array<double, K>& sum) {
  const Cut cut = cut_of(z);
  if (z[cut.high] <= 0.0) return;
  if (z[cut.low] < 0.0) {
    const auto replace = [&](std::size_t vertex, double share) {
      const auto at_cut = [&](const AtVertices<V>& g) {
        AtVertices<V> part = g;
        part[vertex] = cut.share_high * g[cut.high] + cut.share_low * g[cut.low];
        return part;
      };
      AtVertices<V> part_z = z;
      part_z[vertex] = 0.0;
      std::array<AtVertices<V>, K> part_f;
      for (std::size_t k = 0; k < K; ++k) part_f[k] = at_cut(f[k]);
      add_moments_on_simplex(at_cut(t), part_z, part_f, share * volume, sum);
    };
    replace(cut.low, cut.share_low);
    replace(cut.high, cut.share_high);
    return;
  }
  double sum_e = 0.0;
  for (std::size_t v = 0; v < V; ++v) sum_e += t[v] - z[v];
  for (std::size_t k = 0; k < K; ++k) {
    double products = 0.0;
    double sum_f = 0.0;
    for (std::size_t v = 0; v < V; ++v) {
      products += (t[v] - z[v]) * f[k][v];
      sum_f += f[k][v];
    }
    sum[k] += volume * (products + sum_e * sum_f) / double(V * (V + 1));
  }
}

}  // namespace digon
