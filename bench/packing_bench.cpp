// Time to the known optimum of Thomson's problem: starts follow each other until one is within 2e-9 of the
// table. Prints a line "N seconds" for each number of points: CPU seconds of one thread, the mean over
// seeds.
// With the argument "codes": to the least coherence known of codes and lines, within 1e-9.
#include <fmt/format.h>
#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>
#include <string_view>
#include <vector>

#include "core/base/random.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/spherical_code.hpp"

namespace {

using namespace digon;

double seconds_to_optimum(Eigen::Index points, double known, std::uint64_t seed) {
  const std::clock_t begin = std::clock();
  PackingSearch search;
  search.starts = 1;
  search.threads = 1;
  for (std::uint64_t k = 0;; ++k) {
    search.seed = derive_seed(seed, k);
    if (search_packing({}, points, 3, search).best.energy <= known * (1.0 + 2e-9)) break;
  }
  return double(std::clock() - begin) / double(CLOCKS_PER_SEC);
}

double seconds_to_code(CodeKind kind, Eigen::Index points, Eigen::Index dim, std::uint64_t seed) {
  const double known = known_coherence(kind, points, dim)->value;
  const auto begin = std::chrono::steady_clock::now();
  PackingSearch search;
  search.starts = 2;
  search.threads = 2;
  search.hops = usual_code_hops(points, dim);
  for (std::uint64_t k = 0;; ++k) {
    search.seed = derive_seed(seed, k);
    if (search_spherical_code(kind, points, dim, search).best.coherence <= known + 1e-9) break;
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void time_codes() {
  constexpr std::size_t seeds = 11;
  struct Code {
    CodeKind kind;
    Eigen::Index points;
    Eigen::Index dim;
  };
  for (const Code& code : {Code{CodeKind::points, 14, 3},
                           {CodeKind::points, 19, 3},
                           {CodeKind::points, 30, 3},
                           {CodeKind::points, 18, 4},
                           {CodeKind::lines, 14, 3},
                           {CodeKind::lines, 16, 4}}) {
    std::vector<double> times;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
      times.push_back(seconds_to_code(code.kind, code.points, code.dim, seed));
    std::sort(times.begin(), times.end());
    fmt::print("{} {} {} {:.6f}\n", code.kind == CodeKind::lines ? "lines" : "points", code.points, code.dim,
               times[seeds / 2]);
  }
}

}  // namespace

int main(int count, char** arguments) {
  FLAGS_minloglevel = google::GLOG_FATAL;
  if (count > 1 && std::string_view(arguments[1]) == "codes") {
    time_codes();
    return 0;
  }
  constexpr std::size_t seeds = 101;
  for (const Eigen::Index points : {12, 32, 60, 100}) {
    const double known = known_energy({}, points, 3)->value;
    std::vector<double> times;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
      times.push_back(seconds_to_optimum(points, known, seed));
    fmt::print("{} {:.6f}\n", points, std::accumulate(times.begin(), times.end(), 0.0) / double(seeds));
  }
}
