#include "empirical/training/training.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/linear_model.hpp"

namespace {

using namespace digon;

std::vector<TrainingInstance> some_instances() {
  std::vector<TrainingInstance> instances;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    instances.push_back({ModelKind::relu_output, 2, uniform_features(5, 0.3), seed});
  }
  return instances;
}

}  // namespace

TEST_CASE("the same seed gives the same weights with 1 and 2 threads") {
  TrainingSettings settings;
  settings.steps = 200;
  settings.threads = 1;
  const auto one = train(some_instances(), settings);
  settings.threads = 2;
  const auto two = train(some_instances(), settings);
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].model.W == two[i].model.W);
    CHECK(one[i].model.b == two[i].model.b);
  }
  CHECK(one[0].model.W != one[1].model.W);
}

TEST_CASE("an instance trains the same alone as among others") {
  TrainingSettings settings;
  settings.steps = 50;
  const auto together = train(some_instances(), settings);
  const auto alone = train({some_instances()[2]}, settings);
  CHECK(alone[0].model.W == together[2].model.W);
}

TEST_CASE("the start is Xavier-normal whatever the number of instances") {
  TrainingSettings settings;
  settings.steps = 1;
  settings.optimizer.learning_rate = 1e-12;
  const auto result = train({{ModelKind::relu_output, 40, uniform_features(160, 0.1), 9}}, settings);
  const double variance = result[0].model.W.squaredNorm() / double(result[0].model.W.size());
  CHECK(variance == Approx(2.0 / 200.0).epsilon(4.0 * std::sqrt(2.0 / 6400.0)));
}

TEST_CASE("the linear model trains to its optimum") {
  FeatureDistribution features = uniform_features(6, 0.5);
  features.importance << 1.0, 0.7, 0.5, 0.3, 0.2, 0.1;
  TrainingSettings settings;
  settings.steps = 4000;
  settings.optimizer.learning_rate = 5e-3;
  settings.optimizer.schedule = Schedule::cosine;
  const auto result = train({{ModelKind::linear, 2, features, 4}}, settings);
  const double optimum = linear_optimum_loss(features, 2);
  const double loss = exact_loss(result[0].model, features).loss;
  CHECK(loss >= optimum * (1.0 - 1e-12));
  CHECK(loss <= optimum * 1.001);
  // The batch loss it reports is a sample of the exact one.
  CHECK(result[0].loss_history.back() == Approx(loss).epsilon(0.02));
}

TEST_CASE("divergence is reported with its step and leaves finite weights and the other instances go on") {
  TrainingSettings settings;
  settings.steps = 300;
  settings.optimizer.learning_rate = 1e3;  // the linear model's loss grows like ‖W‖⁴
  std::vector<TrainingInstance> instances = some_instances();
  instances[1].kind = ModelKind::linear;
  instances[1].features.importance.setConstant(1e38);
  const auto results = train(instances, settings);
  REQUIRE(results[1].diverged_at.has_value());
  CHECK(results[1].steps_done == *results[1].diverged_at);
  CHECK(results[1].model.W.allFinite());
  CHECK(results[0].steps_done == 300);
}

TEST_CASE("a model whose samples are shared out trains the same on any number of threads") {
  const double density = GENERATE(0.5, 0.01);
  TrainingSettings settings;
  settings.steps = 10;
  settings.batch = 2048;
  const TrainingInstance instance{ModelKind::relu_output, 20, uniform_features(80, density), 3};
  settings.threads = 1;
  const ToyModel one = train({instance}, settings)[0].model;
  settings.threads = 2;
  CHECK(train({instance}, settings)[0].model.W == one.W);
}

TEST_CASE("a plateau ends a training, and so does a loss that is evaluated") {
  TrainingSettings settings;
  settings.steps = 100'000;
  settings.optimizer.learning_rate = 1e-2;
  settings.stop = {StopCriterion::plateau, 5, 1e-2};
  const auto on_plateau = train({some_instances()[0]}, settings)[0];
  CHECK(on_plateau.stopped_early);
  CHECK(on_plateau.steps_done < 20'000);
  CHECK(on_plateau.loss_history.size() == on_plateau.steps_done / settings.loss_every);

  settings.stop = {StopCriterion::evaluated, 3, 0.0};
  CHECK_THROWS_WITH(train({some_instances()[0]}, settings), Catch::Contains("nothing evaluates"));
  TrainingHooks hooks;
  hooks.evaluate = [](std::size_t, const ToyModel&) { return 1.0; };
  CHECK(train({some_instances()[0]}, settings, hooks)[0].steps_done == 4 * settings.loss_every);
}

TEST_CASE("the start's weights are scaled, its biases and samples are not") {
  TrainingSettings settings;
  settings.steps = 1;
  settings.snapshot_steps = {0};
  const TrainingInstance instance = some_instances()[0];
  settings.start_scale = 0.25;
  const ToyModel start = train({instance}, settings)[0].snapshots.front().model;
  CHECK(start.W == 0.25 * initial_model(instance).W);
  CHECK(start.W == initial_model(instance, 0.25).W);
  CHECK(start.b.isZero());
  settings.start_scale = 0.0;  // from which no gradient leads
  CHECK_THROWS_WITH(validate(settings), Catch::Contains("start scale: 0 given; accepted: above 0"));
}

TEST_CASE("snapshots hold the weights before their steps, first and last included") {
  TrainingSettings settings;
  settings.steps = 100;
  settings.snapshot_steps = logarithmic_schedule(2, settings.steps);
  CHECK(settings.snapshot_steps == std::vector<std::size_t>{0, 1, 3, 10, 32, 100});
  CHECK(linear_schedule(40, 100) == std::vector<std::size_t>{0, 40, 80});
  const TrainingInstance instance = some_instances()[0];
  const auto result = train({instance}, settings)[0];
  REQUIRE(result.snapshots.size() == 6);
  CHECK(result.snapshots.front().model.W == initial_model(instance).W);
  CHECK(result.snapshots.back().model.W == result.model.W);
  settings.steps = 32;
  settings.snapshot_steps.clear();
  CHECK(train({instance}, settings)[0].model.W == result.snapshots[4].model.W);
}

TEST_CASE("an objective given is what is descended, and where it throws training has diverged") {
  TrainingSettings settings;
  settings.steps = 500;
  settings.optimizer = {OptimizerKind::sgd, Schedule::constant, 0.1};
  TrainingHooks hooks;
  hooks.objective = [](std::size_t) {
    return [](const Parameters<double>& parameters, Eigen::VectorXd& gradient) {
      gradient = parameters.values.array() - 3.0;
      return 0.5 * gradient.squaredNorm();
    };
  };
  const auto result = train({some_instances()[0]}, settings, hooks)[0];
  CHECK(result.model.W.isApproxToConstant(3.0, 1e-9));
  hooks.objective = [](std::size_t) {
    return [](const Parameters<double>&, Eigen::VectorXd&) -> double { throw std::runtime_error("no"); };
  };
  CHECK(train({some_instances()[0]}, settings, hooks)[0].diverged_at == 0);
}

TEST_CASE("the absolute value model learns |x| with two neurons a feature") {
  FeatureDistribution features = uniform_features(2, 0.5);
  features.values = ActiveValue::signed_uniform;
  TrainingSettings settings;
  settings.steps = 8'000;
  settings.optimizer.learning_rate = 1e-2;
  settings.optimizer.schedule = Schedule::cosine;
  double best = 1.0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto result = train({{ModelKind::absolute_value, 4, features, seed}}, settings)[0];
    best = std::min(best, result.loss_history.back());
  }
  CHECK(best < 1e-5);
}

TEST_CASE("bad settings are refused") {
  const auto refused = [](auto change, const std::string& reason) {
    TrainingSettings settings;
    settings.steps = 1;
    std::vector<TrainingInstance> instances = some_instances();
    change(settings, instances[0]);
    CHECK_THROWS_WITH(train(instances, settings), Catch::Contains(reason));
  };
  refused([](TrainingSettings& s, TrainingInstance&) { s.steps = 0; }, "steps: 0");
  refused([](TrainingSettings& s, TrainingInstance&) { s.batch = 100; }, "batch: 100");
  refused([](TrainingSettings& s, TrainingInstance&) { s.batch = 0; }, "batch: 0");
  refused([](TrainingSettings& s, TrainingInstance&) { s.optimizer.learning_rate = std::nan(""); },
          "learning rate");
  refused([](TrainingSettings& s, TrainingInstance&) { s.optimizer.weight_decay = -1; }, "weight decay");
  refused([](TrainingSettings&, TrainingInstance& i) { i.hidden = 0; }, "hidden: 0");
  refused([](TrainingSettings&, TrainingInstance& i) { i.features.density[0] = 2; }, "density");
}
