#include "theory/packing/soft_maximum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "theory/numerics/complex_lanes.hpp"

namespace digon {
namespace {

double largest_of(const Lanes& lanes) {
  double largest = lanes[0];
  for (std::size_t k = 1; k < lane_count; ++k) largest = std::max(largest, lanes[k]);
  return largest;
}

/// Terms below e^−40 of the largest are left out: they are below rounding.
constexpr double reach = 40.0;

/// Row i of the inner products is kept from its own block on, those of no pair far below all others, so that
/// the second pass finds them without an exception; the buffers stay from call to call.
struct Buffers {
  std::vector<Lanes> x;     ///< coordinate by coordinate
  std::vector<Lanes> by_x;  ///< as x
  std::vector<Lanes> c;     ///< row by row
};

template <CodeKind kind, std::size_t M>
double evaluate(double sharpness, const Eigen::Ref<const Eigen::MatrixXd>& W,
                Eigen::Ref<Eigen::MatrixXd> by_W) {
  const std::size_t m = M > 0 ? M : std::size_t(W.rows());
  const auto n = std::size_t(W.cols());
  const std::size_t blocks = (n + lane_count - 1) / lane_count;
  thread_local Buffers buffers;
  buffers.x.assign(m * blocks, Lanes{});
  buffers.by_x.assign(m * blocks, Lanes{});
  buffers.c.resize(n * blocks);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t a = 0; a < m; ++a) {
      reinterpret_cast<double*>(buffers.x.data() + a * blocks)[i] = W(Eigen::Index(a), Eigen::Index(i));
    }
  }
  const Lanes* const x = buffers.x.data();
  Lanes* const by_x = buffers.by_x.data();

  constexpr double none = kind == CodeKind::lines ? 0.0 : -1e9;
  Lanes top = all_lanes(-2.0);
  for (std::size_t i = 0; i < n; ++i) {
    const double* const xi = W.col(Eigen::Index(i)).data();
    Lanes* const row = buffers.c.data() + i * blocks;
    for (std::size_t b = i / lane_count; b < blocks; ++b) {
      Lanes c{};
      for (std::size_t a = 0; a < m; ++a) c += xi[a] * x[a * blocks + b];
      if (b == i / lane_count || b + 1 == blocks) {
        for (std::size_t k = 0; k < lane_count; ++k) {
          if (b * lane_count + k <= i || b * lane_count + k >= n) c[k] = none;
        }
      }
      row[b] = c;
      const Lanes size = kind == CodeKind::lines ? (c < 0.0 ? -c : c) : c;
      top = larger(size, top);
    }
  }
  const double largest = largest_of(top);

  const double least = largest - reach / sharpness;
  // For lines the entries of no pair are 0, and count where β is so small that 0 is within reach.
  const bool masks = kind == CodeKind::lines && least < 0.0;
  Lanes sum{};
  for (std::size_t i = 0; i < n; ++i) {
    const double* const xi = W.col(Eigen::Index(i)).data();
    const Lanes* const row = buffers.c.data() + i * blocks;
    std::array<Lanes, M> fixed{};
    for (std::size_t b = i / lane_count; b < blocks; ++b) {
      const Lanes c = row[b];
      const Lanes size = kind == CodeKind::lines ? (c < 0.0 ? -c : c) : c;
      if (largest_of(size) < least) continue;
      Lanes weight;
      if constexpr (kind == CodeKind::points) {
        const Lanes scaled = sharpness * (c - largest);
        weight = exponential(scaled > -reach * 2.0 ? scaled : all_lanes(-reach * 2.0));
        weight = scaled > -reach * 2.0 ? weight : Lanes{};
        sum += weight;
      } else {
        Lanes same = exponential(sharpness * (size - largest));
        Lanes other = exponential(-sharpness * (size + largest));
        if (masks && (b == i / lane_count || b + 1 == blocks)) {
          for (std::size_t k = 0; k < lane_count; ++k) {
            if (b * lane_count + k <= i || b * lane_count + k >= n) same[k] = other[k] = 0.0;
          }
        }
        sum += same + other;
        weight = c < 0.0 ? other - same : same - other;
      }
      for (std::size_t a = 0; a < m; ++a) {
        const Lanes toward = weight * x[a * blocks + b];
        if constexpr (M > 0) {
          fixed[a] += toward;
        } else {
          reinterpret_cast<double*>(by_x + a * blocks)[i] += sum_of(toward);
        }
        by_x[a * blocks + b] += xi[a] * weight;
      }
    }
    for (std::size_t a = 0; a < M; ++a) reinterpret_cast<double*>(by_x + a * blocks)[i] += sum_of(fixed[a]);
  }
  const double total = sum_of(sum);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t a = 0; a < m; ++a) {
      by_W(Eigen::Index(a), Eigen::Index(i)) = reinterpret_cast<double*>(by_x + a * blocks)[i] / total;
    }
  }
  return largest + std::log(total) / sharpness;
}

template <CodeKind kind>
double evaluate(double sharpness, const Eigen::Ref<const Eigen::MatrixXd>& W,
                Eigen::Ref<Eigen::MatrixXd> by_W) {
  switch (W.rows()) {
    case 2:
      return evaluate<kind, 2>(sharpness, W, by_W);
    case 3:
      return evaluate<kind, 3>(sharpness, W, by_W);
    case 4:
      return evaluate<kind, 4>(sharpness, W, by_W);
    case 5:
      return evaluate<kind, 5>(sharpness, W, by_W);
    default:
      return evaluate<kind, 0>(sharpness, W, by_W);
  }
}

}  // namespace

double soft_maximum(CodeKind kind, double sharpness, const Eigen::Ref<const Eigen::MatrixXd>& W,
                    Eigen::Ref<Eigen::MatrixXd> by_W) {
  return kind == CodeKind::lines ? evaluate<CodeKind::lines>(sharpness, W, by_W)
                                 : evaluate<CodeKind::points>(sharpness, W, by_W);
}

}  // namespace digon
