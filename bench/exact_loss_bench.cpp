// The exact loss with its gradient: relative error 1e-8, density 0.1, 2 threads, on trained weights, and of
// every law on random ones; the loss of models with a ReLU in the hidden layer.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "core/base/random.hpp"
#include "empirical/training/training.hpp"
#include "theory/engine/hidden_relu_cones.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"

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
void exact_loss_of_law(benchmark::State& state, const FeatureDistribution& features,
                       ModelKind kind = ModelKind::relu_output) {
  const Eigen::Index n = features.features();
  ToyModel model = random_directions(n, std::max<Eigen::Index>(n / 4, 2));
  model.kind = kind;
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

FeatureDistribution in_pairs(Eigen::Index n, SetRelation relation, double correlation) {
  FeatureDistribution features = uniform_features(n, density);
  features.sets = {{relation, {0, 1}, correlation}, {relation, {2, 3}, correlation}};
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

// ---- models with a ReLU in the hidden layer ----

FeatureDistribution hidden_relu_features(Eigen::Index n, double p, ModelKind kind) {
  FeatureDistribution features = uniform_features(n, p);
  for (Eigen::Index i = 0; i < n; ++i) features.importance[i] = std::pow(0.8, double(i));
  if (kind == ModelKind::absolute_value) features.values = ActiveValue::signed_uniform;
  return features;
}

ToyModel random_circuits(Eigen::Index n, Eigen::Index m, ModelKind kind) {
  ToyModel model = random_directions(n, m);
  model.kind = kind;
  if (!is_tied(kind)) model.W_out = model.W.cwiseAbs().transpose();
  return model;
}

/// The loss of a short training's weights to a tolerance: what is exact, and the estimate of the rest.
void hidden_relu_loss_to(benchmark::State& state, Eigen::Index n, Eigen::Index m, ModelKind kind, double p,
                         double tolerance) {
  const FeatureDistribution features = hidden_relu_features(n, p, kind);
  TrainingSettings training;
  training.steps = 3000;
  training.batch = 256;
  training.optimizer.learning_rate = 3e-3;
  training.optimizer.schedule = Schedule::cosine;
  const ToyModel model = train({{kind, m, features, 1}}, training)[0].model;
  HiddenReluLossOptions options;
  options.relative_tolerance = tolerance;
  options.threads = 2;
  HiddenReluLoss loss;
  for (auto _ : state) {
    loss = hidden_relu_loss(model, features, options);
    benchmark::DoNotOptimize(loss.loss);
  }
  state.counters["samples"] = double(loss.samples);
  state.counters["relative_error"] = loss.error / loss.loss;
}

/// L̄_0 to L̄_k alone, and with the gradient of k = 2.
void hidden_relu_exact(benchmark::State& state, Eigen::Index n, Eigen::Index m, Eigen::Index k,
                       bool with_gradient) {
  const ToyModel model = random_circuits(n, m, ModelKind::absolute_value);
  const HiddenReluNetwork network{
      model.W, model.W_out, model.b, Eigen::VectorXd::Ones(n), {{1.0, 0.5, 1.0}, {-1.0, 0.5, 1.0}}};
  const Odds odds = Odds::Ones(n);
  for (auto _ : state) {
    if (with_gradient) {
      benchmark::DoNotOptimize(means_and_gradient(network, odds, Eigen::Vector3d::Ones(), 2).means);
    } else {
      benchmark::DoNotOptimize(means_by_active(network, odds, k, 2).sum());
    }
  }
}

/// An evaluation of what descents minimise.
void hidden_relu_objective_gradient(benchmark::State& state, Eigen::Index n, Eigen::Index m, ModelKind kind,
                                    double p) {
  const HiddenReluObjective objective(kind, hidden_relu_features(n, p, kind));
  const ToyModel model = random_circuits(n, m, kind);
  for (auto _ : state) benchmark::DoNotOptimize(objective(model).loss);
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
#define OF_LAW(name, ...) \
  BENCHMARK_CAPTURE(exact_loss_of_law, name, __VA_ARGS__)->Unit(benchmark::kMillisecond)->UseRealTime()
OF_LAW(uniform_20, uniform_features(20, density));
OF_LAW(signed_20, of_values(20, ActiveValue::signed_uniform));
OF_LAW(uniform_from_half_20, of_values(20, {0.5, 1.5}));
OF_LAW(binary_20, of_values(20, ActiveValue::binary));
OF_LAW(exactly_2_active_20, with_active(uniform_features(20, 0.0), 2));
OF_LAW(exactly_5_active_20, with_active(uniform_features(20, 0.0), 5));
OF_LAW(two_pairs_correlated_20, in_pairs(20, SetRelation::correlated, 0.5));
OF_LAW(two_pairs_anticorrelated_20, in_pairs(20, SetRelation::anticorrelated, 1.0));
OF_LAW(linear_uniform_20, uniform_features(20, density), ModelKind::linear);
OF_LAW(linear_signed_160, of_values(160, ActiveValue::signed_uniform), ModelKind::linear);
OF_LAW(uniform_40, uniform_features(40, density));
OF_LAW(signed_40, of_values(40, ActiveValue::signed_uniform));
OF_LAW(binary_40, of_values(40, ActiveValue::binary));
OF_LAW(uniform_160, uniform_features(160, density));
OF_LAW(signed_160, of_values(160, ActiveValue::signed_uniform));
OF_LAW(data_100_of_10000, of_data(100, 10'000));
#undef OF_LAW
#define HIDDEN_RELU(function, name, ...) \
  BENCHMARK_CAPTURE(function, name, __VA_ARGS__)->Unit(benchmark::kMillisecond)->UseRealTime()
HIDDEN_RELU(hidden_relu_loss_to, hidden_10_5_0p01_to_1em5, 10, 5, ModelKind::relu_hidden, 0.01, 1e-5);
HIDDEN_RELU(hidden_relu_loss_to, hidden_10_5_0p05_to_1em5, 10, 5, ModelKind::relu_hidden, 0.05, 1e-5);
HIDDEN_RELU(hidden_relu_loss_to, hidden_10_5_0p2_to_1em4, 10, 5, ModelKind::relu_hidden, 0.2, 1e-4);
HIDDEN_RELU(hidden_relu_loss_to, hidden_10_5_0p5_to_1em4, 10, 5, ModelKind::relu_hidden, 0.5, 1e-4);
HIDDEN_RELU(hidden_relu_loss_to, abs_10_5_0p05_to_1em5, 10, 5, ModelKind::absolute_value, 0.05, 1e-5);
HIDDEN_RELU(hidden_relu_loss_to, abs_10_5_0p2_to_1em4, 10, 5, ModelKind::absolute_value, 0.2, 1e-4);
HIDDEN_RELU(hidden_relu_loss_to, abs_100_40_0p01_to_1em3, 100, 40, ModelKind::absolute_value, 0.01, 1e-3);
HIDDEN_RELU(hidden_relu_exact, L_2_of_10_5, 10, 5, 2, false);
HIDDEN_RELU(hidden_relu_exact, L_3_of_10_5, 10, 5, 3, false);
HIDDEN_RELU(hidden_relu_exact, L_2_of_100_40, 100, 40, 2, false);
HIDDEN_RELU(hidden_relu_exact, gradient_of_L_2_of_100_40, 100, 40, 2, true);
HIDDEN_RELU(hidden_relu_objective_gradient, hidden_10_5_0p05, 10, 5, ModelKind::relu_hidden, 0.05);
HIDDEN_RELU(hidden_relu_objective_gradient, hidden_10_5_0p5, 10, 5, ModelKind::relu_hidden, 0.5);
HIDDEN_RELU(hidden_relu_objective_gradient, abs_6_8_0p05, 6, 8, ModelKind::absolute_value, 0.05);
HIDDEN_RELU(hidden_relu_objective_gradient, abs_100_40_0p01, 100, 40, ModelKind::absolute_value, 0.01);
HIDDEN_RELU(hidden_relu_objective_gradient, abs_100_40_0p3, 100, 40, ModelKind::absolute_value, 0.3);
#undef HIDDEN_RELU
BENCHMARK(exact_loss_of_random_weights)
    ->Arg(25)
    ->Arg(50)
    ->Arg(100)
    ->Arg(200)
    ->Arg(400)
    ->Complexity()
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
