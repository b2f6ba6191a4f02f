// Descents a second of one population on one core, its end on the exact loss included: n = 20, m = 5, I =
// 0.7^i.
#include <benchmark/benchmark.h>

#include "theory/optima/optimum_search.hpp"

namespace {

void search(benchmark::State& state) {
  const double density = 1e-3 * double(state.range(0));
  digon::FeatureDistribution features = digon::uniform_features(20, density);
  features.importance = digon::parse_importance("importance", "0.7^i", 20);
  const digon::Objective objective = digon::exact_objective(features);
  digon::OptimumSearchOptions options;
  options.evolution.descents = 1000;
  std::size_t descents = 0;
  double lowest = 0.0;
  for (auto _ : state) {
    const auto end = digon::population_of_models(objective, 20, 5, options, 0);
    descents += end->descents;
    lowest = end->lowest();
  }
  state.counters["descents"] = benchmark::Counter(double(descents), benchmark::Counter::kIsRate);
  state.counters["lowest"] = lowest;
}

}  // namespace

BENCHMARK(search)
    ->ArgName("density_in_thousandths")
    ->Arg(1)
    ->Arg(3)
    ->Arg(10)
    ->Arg(30)
    ->Arg(100)
    ->Arg(300)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
