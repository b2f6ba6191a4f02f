#include "theory/engine/hidden_relu_tile.hpp"

#include "theory/numerics/complex_lanes.hpp"

namespace digon {
namespace {

using Index = Eigen::Index;

constexpr Index tile = HiddenReluTile::samples;
constexpr Index vectors = tile / Index(lane_count);
using Row = std::array<Lanes, std::size_t(vectors)>;

Row row_at(const Eigen::VectorXd& values, Index row) {
  Row all;
  for (Index v = 0; v < vectors; ++v) {
    all[std::size_t(v)] = simd_at(values.data() + row * tile + v * Index(lane_count));
  }
  return all;
}

void store(const Row& values, Index row, Eigen::VectorXd& to) {
  for (Index v = 0; v < vectors; ++v) {
    put_simd(to.data() + row * tile + v * Index(lane_count), values[std::size_t(v)]);
  }
}

/// Σ_k weight(k) in_k for all samples, for two outputs at once: their sums stay in registers.
template <int outputs, typename Weight, typename Emit>
void multiply_rows(const Eigen::VectorXd& in, Index inputs, Index first, Weight weight, Emit emit) {
  std::array<Row, outputs> sum{};
  for (Index k = 0; k < inputs; ++k) {
    const Row values = row_at(in, k);
    for (int c = 0; c < outputs; ++c) {
      const double w = weight(first + c, k);
      for (std::size_t v = 0; v < std::size_t(vectors); ++v) sum[std::size_t(c)][v] += w * values[v];
    }
  }
  for (int c = 0; c < outputs; ++c) emit(first + c, sum[std::size_t(c)]);
}

template <typename Weight, typename Emit>
void multiply(const Eigen::VectorXd& in, Index inputs, Index outputs, Weight weight, Emit emit) {
  Index c = 0;
  for (; c + 2 <= outputs; c += 2) multiply_rows<2>(in, inputs, c, weight, emit);
  if (c < outputs) multiply_rows<1>(in, inputs, c, weight, emit);
}

double dot(const Row& a, const Row& b) {
  Lanes sum{};
  for (std::size_t v = 0; v < std::size_t(vectors); ++v) sum += a[v] * b[v];
  return sum_of(sum);
}

}  // namespace

HiddenReluTile::HiddenReluTile(const HiddenReluNetwork& network)
    : network_(network),
      target_above_(0.0),
      target_below_(0.0),
      x_(Eigen::VectorXd::Zero(tile * network.features())),
      h_(tile * network.hidden()),
      delta_(tile * network.features()),
      back_(tile * network.hidden()) {
  for (const FeatureRay& ray : network.rays) {
    (ray.extent > 0.0 ? target_above_ : target_below_) = ray.target / ray.extent;
  }
}

const HiddenReluTile::Numbers& HiddenReluTile::losses() {
  const Lanes zero{};
  multiply(
      x_, network_.features(), network_.hidden(), [&](Index a, Index i) { return network_.W(a, i); },
      [&](Index a, Row h) {
        for (Lanes& each : h) each = each > 0.0 ? each : zero;
        store(h, a, h_);
      });
  Row loss{};
  multiply(
      h_, network_.hidden(), network_.features(), [&](Index j, Index a) { return network_.D(j, a); },
      [&](Index j, Row z) {
        const Row x = row_at(x_, j);
        for (std::size_t v = 0; v < std::size_t(vectors); ++v) {
          const Lanes target = x[v] > 0.0 ? x[v] * target_above_ : x[v] * target_below_;
          z[v] += network_.b[j];
          const Lanes error = (z[v] > 0.0 ? z[v] : zero) - target;
          const Lanes weighed = network_.importance[j] * error;
          loss[v] += weighed * error;
          z[v] = z[v] > 0.0 ? weighed : zero;
        }
        store(z, j, delta_);
      });
  for (std::size_t s = 0; s < samples; ++s) losses_[s] = loss[s / lane_count][s % lane_count];
  return losses_;
}

void HiddenReluTile::add_gradient(double weight, std::size_t count, HiddenReluGradient& sum) {
  const Index n = network_.features();
  const Index m = network_.hidden();
  for (Index j = 0; j < n; ++j) {
    Row delta = row_at(delta_, j);
    for (std::size_t s = 0; s < samples; ++s) {
      delta[s / lane_count][s % lane_count] *= s < count ? 2.0 * weight : 0.0;
    }
    store(delta, j, delta_);
    for (const Lanes& each : delta) sum.by_b[j] += sum_of(each);
    for (Index a = 0; a < m; ++a) sum.by_D(j, a) += dot(delta, row_at(h_, a));
  }
  const Lanes zero{};
  multiply(
      delta_, n, m, [&](Index a, Index j) { return network_.D(j, a); },
      [&](Index a, Row back) {
        const Row h = row_at(h_, a);
        for (std::size_t v = 0; v < std::size_t(vectors); ++v) back[v] = h[v] > 0.0 ? back[v] : zero;
        store(back, a, back_);
      });
  for (Index a = 0; a < m; ++a) {
    const Row back = row_at(back_, a);
    for (Index i = 0; i < n; ++i) sum.by_W(a, i) += dot(back, row_at(x_, i));
  }
}

}  // namespace digon
