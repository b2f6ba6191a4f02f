// The exact loss with its gradient: relative error 1e-8, density 0.1, 2 threads, on trained weights, and of
// every law on random ones.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <memory>
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

/// n features in random directions of m dimensions.
ToyModel random_directions(Eigen::Index n, Eigen::Index m) {
  std::vector<double> normal(std::size_t((m + 1) * n));
  fill_standard_normal(normal, {1, Purpose::initial_weights});
  return {Eigen::Map<Eigen::MatrixXd>(normal.data(), m, n).colwise().normalized(),
          -0.1 * Eigen::Map<Eigen::VectorXd>(normal.data() + m * n, n).cwiseAbs()};
}

/// The loss and gradient of features of another law, on random directions.
void exact_loss_of_law(benchmark::State& state, const FeatureDistribution& features) {
  const Eigen::Index n = features.features();
  const ToyModel model = random_directions(n, std::max<Eigen::Index>(n / 4, 2));
  ExactLossOptions options;
  options.relative_tolerance = 1e-8;
  options.threads = 2;
  LossGradient gradient;
  for (auto _ : state) {
    gradient = exact_loss_gradient(model, features, options);
    benchmark::DoNotOptimize(gradient.loss);
  }
  state.counters["nodes_per_output"] = double(gradient.nodes) / double(n);
  state.counters["relative_error_bound"] = gradient.error / gradient.loss;
}

FeatureDistribution of_values(Eigen::Index n, const ActiveValue& values) {
  FeatureDistribution features = uniform_features(n, density);
  features.values = values;
  return features;
}

FeatureDistribution in_pairs(Eigen::Index n, double correlation) {
  FeatureDistribution features = uniform_features(n, density);
  features.sets = {{SetRelation::correlated, {0, 1}, correlation},
                   {SetRelation::correlated, {2, 3}, correlation}};
  return features;
}

/// T samples of n features of which a tenth is active.
FeatureDistribution of_data(Eigen::Index n, Eigen::Index samples) {
  std::vector<double> normal(std::size_t(n * samples));
  fill_standard_normal(normal, {2, Purpose::initial_weights});
  const Eigen::Map<const Eigen::MatrixXd> x(normal.data(), n, samples);
  return with_data(uniform_features(n, 0.0),
                   std::make_shared<FeatureData>(FeatureData{(x.array() - 1.28).max(0.0), "drawn"}));
}

/// Weights on which every output is hard: all features represented, in random directions.
void exact_loss_of_random_weights(benchmark::State& state) {
  const Eigen::Index n = state.range(0);
  const ToyModel model = random_directions(n, 30);
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
#define OF_LAW(name, features) \
  BENCHMARK_CAPTURE(exact_loss_of_law, name, features)->Unit(benchmark::kMillisecond)->UseRealTime()
OF_LAW(uniform_20, uniform_features(20, density));
OF_LAW(signed_20, of_values(20, ActiveValue::signed_uniform));
OF_LAW(uniform_from_half_20, of_values(20, {0.5, 1.5}));
OF_LAW(binary_20, of_values(20, ActiveValue::binary));
OF_LAW(exactly_2_active_20, with_active(uniform_features(20, 0.0), 2));
OF_LAW(exactly_5_active_20, with_active(uniform_features(20, 0.0), 5));
OF_LAW(two_pairs_correlated_20, in_pairs(20, 0.5));
OF_LAW(uniform_40, uniform_features(40, density));
OF_LAW(signed_40, of_values(40, ActiveValue::signed_uniform));
OF_LAW(binary_40, of_values(40, ActiveValue::binary));
OF_LAW(uniform_160, uniform_features(160, density));
OF_LAW(signed_160, of_values(160, ActiveValue::signed_uniform));
OF_LAW(data_100_of_10000, of_data(100, 10'000));
#undef OF_LAW
BENCHMARK(exact_loss_of_random_weights)
    ->Arg(25)
    ->Arg(50)
    ->Arg(100)
    ->Arg(200)
    ->Arg(400)
    ->Complexity()
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
