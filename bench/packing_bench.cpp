// Time to the known optimum of Thomson's problem: starts follow each other, two at a time, until one is
// within 2e-9 of the table. Prints a line "N seconds" for each number of points: the median over seeds.
#include <fmt/format.h>
#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/base/random.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing.hpp"

namespace {

using namespace digon;

double seconds_to_optimum(Eigen::Index points, double known, std::uint64_t seed) {
  const auto begin = std::chrono::steady_clock::now();
  PackingSearch search;
  search.starts = 2;
  search.threads = 2;
  for (std::uint64_t k = 0;; ++k) {
    search.seed = derive_seed(seed, k);
    if (search_packing({}, points, 3, search).best.energy <= known * (1.0 + 2e-9)) break;
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main() {
  FLAGS_minloglevel = google::GLOG_FATAL;
  constexpr std::size_t seeds = 101;
  for (const Eigen::Index points : {12, 32, 60, 100}) {
    const double known = known_energy({}, points, 3)->value;
    std::vector<double> times;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
      times.push_back(seconds_to_optimum(points, known, seed));
    std::sort(times.begin(), times.end());
    fmt::print("{} {:.6f}\n", points, times[seeds / 2]);
  }
}
