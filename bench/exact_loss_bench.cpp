// The exact loss with its gradient: relative error 1e-8, density 0.1, 2 threads, on trained weights.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "core/base/random.hpp"
#include "empirical/training/training.hpp"
#include "theory/loss/exact_loss.hpp"

namespace {

using namespace digon;

constexpr double density = 0.1;

/// Weights a short training finds, importances from 1 down to 0.01.
TrainingInstance instance_of(Eigen::Index n, Eigen::Index m) {
  FeatureDistribution features = uniform_features(n, density);
  features.importance = Eigen::VectorXd::LinSpaced(n, 0.0, std::log(0.01)).array().exp();
  return {ModelKind::relu_output, m, features, 1};
}

void exact_loss_and_gradient(benchmark::State& state) {
  const TrainingInstance instance = instance_of(state.range(0), state.range(1));
  TrainingSettings training;
  training.steps = 2000;
  training.batch = 256;
  training.optimizer.learning_rate = 3e-3;
  training.optimizer.schedule = Schedule::cosine;
  const ToyModel model = train({instance}, training)[0].model;
  ExactLossOptions options;
  options.relative_tolerance = 1e-8;
  options.threads = 2;
  LossGradient gradient;
  for (auto _ : state) {
    gradient = exact_loss_gradient(model, instance.features, options);
    benchmark::DoNotOptimize(gradient.loss);
  }
  state.counters["nodes_per_output"] = double(gradient.nodes) / double(state.range(0));
  state.counters["relative_error_bound"] = gradient.error / gradient.loss;
}

/// Weights on which every output is hard: all features represented, in random directions.
void exact_loss_of_random_weights(benchmark::State& state) {
  const Eigen::Index n = state.range(0);
  const Eigen::Index m = 30;
  std::vector<double> normal(std::size_t((m + 1) * n));
  fill_standard_normal(normal, {1, Purpose::initial_weights});
  ToyModel model{Eigen::Map<Eigen::MatrixXd>(normal.data(), m, n).colwise().normalized(),
                 -0.1 * Eigen::Map<Eigen::VectorXd>(normal.data() + m * n, n).cwiseAbs()};
  ExactLossOptions options;
  options.relative_tolerance = 1e-8;
  options.threads = 2;
  LossGradient gradient;
  for (auto _ : state) {
    gradient = exact_loss_gradient(model, uniform_features(n, density), options);
    benchmark::DoNotOptimize(gradient.loss);
  }
  state.SetComplexityN(n);
  state.counters["nodes_per_output"] = double(gradient.nodes) / double(n);
}

}  // namespace

BENCHMARK(exact_loss_and_gradient)
    ->Args({5, 2})
    ->Args({20, 5})
    ->Args({40, 10})
    ->Args({80, 20})
    ->Args({160, 30})
    ->Args({400, 30})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(exact_loss_of_random_weights)
    ->Arg(25)
    ->Arg(50)
    ->Arg(100)
    ->Arg(200)
    ->Arg(400)
    ->Complexity()
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
