// Speed of training as in Anthropic's notebook: AdamW, importance 0.9^i, batch 1024, ReLU output models with
// densities 20^-linspace(0, 1) over the instances.
//
//   bench_training speed INSTANCES N M SECONDS   samples a CPU second of one thread, all steps included
//   bench_training profile                       where the time goes, beside the machine's sgemm; one thread
//   bench_training sparse                        time a sample against density, one thread
#include <fmt/format.h>

#include <Eigen/Core>
#include <chrono>
#include <cmath>
#include <ctime>
#include <string>
#include <vector>

#include "empirical/training/batch_gradient.hpp"
#include "empirical/training/training.hpp"

namespace {

using namespace digon;
using Clock = std::chrono::steady_clock;

constexpr std::size_t batch = 1024;

struct Shape {
  int instances;
  int n;
  int m;
};
constexpr Shape shapes[] = {{10, 5, 2},   {100, 2, 1},   {100, 3, 2}, {10, 20, 5},
                            {10, 80, 20}, {10, 100, 40}, {1, 400, 30}};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::vector<TrainingInstance> instances_of(const Shape& shape) {
  std::vector<TrainingInstance> instances;
  for (int k = 0; k < shape.instances; ++k) {
    const double share = shape.instances > 1 ? double(k) / double(shape.instances - 1) : 0.0;
    FeatureDistribution features = uniform_features(shape.n, std::pow(20.0, -share));
    for (int i = 0; i < shape.n; ++i) features.importance[i] = std::pow(0.9, i);
    instances.push_back({ModelKind::relu_output, shape.m, features, std::uint64_t(k)});
  }
  return instances;
}

double samples_per_second(const Shape& shape, double seconds) {
  const std::vector<TrainingInstance> instances = instances_of(shape);
  TrainingSettings settings;
  settings.optimizer.kind = OptimizerKind::adamw;
  settings.optimizer.weight_decay = 0.01;
  settings.threads = 1;
  settings.steps = 20;
  for (;;) {
    const std::clock_t begin = std::clock();
    train(instances, settings);
    const double took = double(std::clock() - begin) / double(CLOCKS_PER_SEC);
    if (took >= 0.8 * seconds) return double(shape.instances) * double(batch * settings.steps) / took;
    settings.steps = std::size_t(std::ceil(double(settings.steps) * std::min(20.0, seconds / took)));
  }
}

/// Seconds a call of work takes, over half a second of calls.
template <typename Work>
double time_of(Work work) {
  const Clock::time_point begin = Clock::now();
  std::size_t calls = 0;
  while (seconds_since(begin) < 0.5) {
    for (int k = 0; k < 4; ++k) work(calls++);
  }
  return seconds_since(begin) / double(calls);
}

double sgemm_gflops() {
  constexpr int size = 512;
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(size, size);
  const Eigen::MatrixXf b = Eigen::MatrixXf::Random(size, size);
  Eigen::MatrixXf c(size, size);
  return 2e-9 * std::pow(double(size), 3.0) / time_of([&](std::size_t) { c.noalias() = a * b; });
}

/// Seconds a step of one instance spends on each part.
struct Profile {
  double sampling;
  double forward;
  double backward;
  double optimizer;
};

Profile profile(const TrainingInstance& instance) {
  const FeatureSampler sampler(instance.features);
  const Eigen::Index n = instance.features.features();
  Parameters<float> weights(initial_model(instance));
  BatchGradient<float> sum(instance.kind, instance.features.importance, instance.hidden);
  std::vector<Tile<float>> tiles(batch / std::size_t(tile_samples), Tile<float>(tile_samples, n));
  Profile time{};
  time.sampling = time_of([&](std::size_t step) {
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      sampler.draw({1, Purpose::training_batch, static_cast<std::uint32_t>(step)}, t, tiles[t]);
    }
  });
  time.forward = time_of([&](std::size_t) {
    sum.begin(weights);
    for (const Tile<float>& x : tiles) sum.tile_loss(x);
  });
  time.backward = time_of([&](std::size_t) {
                    sum.begin(weights);
                    for (const Tile<float>& x : tiles) sum.add_tile(x);
                    sum.finish();
                  }) -
                  time.forward;
  Optimizer<float> optimizer({}, weights.values.size());
  const Eigen::VectorXf gradient = sum.gradient().values;
  time.optimizer = time_of([&](std::size_t) { optimizer.step(gradient, 1e-9, weights.values); });
  return time;
}

void print_profile() {
  const double peak = sgemm_gflops();
  fmt::print("sgemm (Eigen, 512³, one thread): {:.0f} GFLOP/s\n", peak);
  fmt::print("{:>4} {:>4} | {:>9} {:>9} {:>9} {:>9} ns a sample | GFLOP/s of the products, of sgemm\n", "n",
             "m", "sampling", "forward", "backward", "optimizer");
  for (const Shape& shape : shapes) {
    TrainingInstance instance = instances_of(shape)[0];  // density 1: the dense way
    const Profile time = profile(instance);
    const auto per_sample = [](double seconds) { return seconds * 1e9 / double(batch); };
    const double gflops = 10.0 * shape.n * shape.m / per_sample(time.forward + time.backward);
    fmt::print("{:4} {:4} | {:9.2f} {:9.2f} {:9.2f} {:9.3f}             | {:.0f}, {:.0f}%\n", shape.n,
               shape.m, per_sample(time.sampling), per_sample(time.forward), per_sample(time.backward),
               per_sample(time.optimizer), gflops, 100.0 * gflops / peak);
  }
}

void print_sparse() {
  fmt::print("ns a sample, one thread, by density\n{:>9}", "n, m");
  const std::vector<double> densities{1.0, 0.3, 0.15, 0.12, 0.1, 0.05, 0.03, 0.01, 0.003, 0.001};
  for (const double density : densities) fmt::print(" {:7}", density);
  fmt::print("\n");
  for (const Shape& shape : shapes) {
    fmt::print("{:>5}, {:2}", shape.n, shape.m);
    for (const double density : densities) {
      TrainingSettings settings;
      settings.threads = 1;
      settings.steps = std::max<std::size_t>(20, 400'000 / std::size_t(shape.n * (shape.m + 10)));
      TrainingInstance instance{ModelKind::relu_output, shape.m, uniform_features(shape.n, density), 1};
      const Clock::time_point begin = Clock::now();
      train({instance}, settings);
      fmt::print(" {:7.1f}", seconds_since(begin) * 1e9 / double(batch * settings.steps));
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string mode = count > 1 ? arguments[1] : "";
  if (mode == "speed" && count == 6) {
    const Shape shape{std::stoi(arguments[2]), std::stoi(arguments[3]), std::stoi(arguments[4])};
    fmt::print("{:.6g}\n", samples_per_second(shape, std::stod(arguments[5])));
  } else if (mode == "profile") {
    print_profile();
  } else if (mode == "sparse") {
    print_sparse();
  } else {
    fmt::print("bench_training speed INSTANCES N M SECONDS | profile | sparse\n");
    return 2;
  }
}
