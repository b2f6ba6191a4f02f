// Cosines of all pairs of n vectors in m dimensions, one thread: GFLOP/s, and the share of what the registers
// can do, measured in the same run by sums that never leave them. CPU time, the best of three.
//
//   bench_layers [N=16384] [M=768]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/simd.hpp"
#include "geometry/coherence.hpp"

namespace {

using namespace digon;

/// CPU seconds a call of work takes, the least of three.
template <typename Work>
double seconds_of(Work work) {
  double least = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < 3; ++repeat) {
    const std::clock_t begin = std::clock();
    work();
    least = std::min(least, double(std::clock() - begin) / double(CLOCKS_PER_SEC));
  }
  return least;
}

/// Single-precision operations a second where nothing is loaded.
double peak() {
  constexpr int sums = simd_registers * 3 / 4;
  constexpr int steps = 20'000'000;
  constexpr auto lanes = double(simd_bytes) / sizeof(float);
  Simd<float> sum[sums];
  for (int k = 0; k < sums; ++k) sum[k] = Simd<float>{} + float(k);
  Simd<float> factor = Simd<float>{} + 0.5F;
  asm volatile("" : "+v"(factor));  // so that the compiler cannot know it
  const double seconds = seconds_of([&] {
    for (int step = 0; step < steps; ++step) {
#pragma GCC unroll 32
      for (Simd<float>& each : sum) each = each * factor + factor;
    }
    for (Simd<float>& each : sum) asm volatile("" : "+v"(each));
  });
  return 2.0 * lanes * sums * steps / seconds;
}

}  // namespace

int main(int count, char** arguments) {
  const Eigen::Index n = count > 1 ? std::atol(arguments[1]) : 16384;
  const Eigen::Index m = count > 2 ? std::atol(arguments[2]) : 768;
  std::vector<double> normal(std::size_t(n * m));
  fill_standard_normal(normal, {1, Purpose::initial_weights});
  Eigen::MatrixXf W = Eigen::Map<Eigen::MatrixXd>(normal.data(), m, n).cast<float>();
  W.colwise().normalize();
  const VectorBlocks vectors{n, m, [&](Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) {
                               block = W.middleCols(begin, block.cols());
                             }};
  const double seconds = seconds_of([&] { pair_cosines(vectors, 1024, 1, [](std::size_t) {}); });
  const double rate = double(n) * double(n - 1) * double(m) / seconds;
  const double most = peak();
  fmt::print("{} × {}: {:.2f} s, {:.0f} GFLOP/s of {:.0f}, {:.0f}%\n", n, m, seconds, rate * 1e-9,
             most * 1e-9, 100.0 * rate / most);
}
