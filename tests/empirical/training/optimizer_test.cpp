#include "empirical/training/optimizer.hpp"

#include <catch2/catch.hpp>

#include "core/base/input_error.hpp"

using namespace digon;

TEST_CASE("Adam's steps are those of its algorithm") {
  // Two steps by hand: gradients 1 then 0.5, lr 0.1. After bias correction step 1 moves by lr.
  OptimizerSettings settings;
  Optimizer<float> optimizer(settings, 1);
  Eigen::VectorXf parameter = Eigen::VectorXf::Constant(1, 2.0F);
  optimizer.step(Eigen::VectorXf::Constant(1, 1.0F), 0.1, parameter);
  CHECK(parameter[0] == Approx(1.9).epsilon(1e-6));
  const double first = (0.9 * 0.1 * 1.0 + 0.1 * 0.5) / (1.0 - 0.9 * 0.9);
  const double second = (0.999 * 0.001 * 1.0 + 0.001 * 0.25) / (1.0 - 0.999 * 0.999);
  optimizer.step(Eigen::VectorXf::Constant(1, 0.5F), 0.1, parameter);
  CHECK(parameter[0] == Approx(1.9 - 0.1 * first / std::sqrt(second)).epsilon(1e-5));
}

TEST_CASE("AdamW decays the weights apart from the gradient, Adam and SGD in it, as PyTorch's do") {
  const auto after_a_step = [](OptimizerKind kind, double decay, float gradient) {
    OptimizerSettings settings;
    settings.kind = kind;
    settings.weight_decay = decay;
    Eigen::VectorXf parameter = Eigen::VectorXf::Constant(1, 2.0F);
    Optimizer<float>(settings, 1).step(Eigen::VectorXf::Constant(1, gradient), 0.1, parameter);
    return parameter[0];
  };
  CHECK(after_a_step(OptimizerKind::adamw, 0.5, 0.0F) == Approx(2.0 * (1.0 - 0.1 * 0.5)));
  // g = 0 + λθ = 1, whose first step of Adam is lr whatever λ is, and of SGD lr λθ.
  CHECK(after_a_step(OptimizerKind::adam, 0.5, 0.0F) == Approx(1.9));
  CHECK(after_a_step(OptimizerKind::adam, 0.25, 0.0F) == Approx(1.9));
  CHECK(after_a_step(OptimizerKind::sgd, 0.5, 0.0F) == Approx(2.0 - 0.1 * 0.5 * 2.0));
  CHECK(after_a_step(OptimizerKind::sgd, 0.25, 1.0F) == Approx(2.0 - 0.1 * 1.5));
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw}) {
    CHECK(after_a_step(kind, 0.0, 0.0F) == 2.0F);
  }
}

TEST_CASE("SGD's momentum gathers the gradients") {
  OptimizerSettings settings;
  settings.kind = OptimizerKind::sgd;
  settings.momentum = 0.5;
  Optimizer<double> optimizer(settings, 1);
  Eigen::VectorXd parameter = Eigen::VectorXd::Constant(1, 2.0);
  optimizer.step(Eigen::VectorXd::Constant(1, 1.0), 0.1, parameter);
  CHECK(parameter[0] == Approx(1.9));
  optimizer.step(Eigen::VectorXd::Constant(1, -1.0), 0.1, parameter);
  CHECK(parameter[0] == Approx(1.9 - 0.1 * (0.5 * 1.0 - 1.0)));
}

TEST_CASE("warm-up rises linearly, then the schedule runs over the rest") {
  OptimizerSettings settings;
  settings.learning_rate = 0.2;
  settings.schedule = Schedule::linear;
  settings.warm_up = 10;
  CHECK(learning_rate(settings, 0, 110) == Approx(0.02));
  CHECK(learning_rate(settings, 9, 110) == Approx(0.2));
  CHECK(learning_rate(settings, 10, 110) == Approx(0.2));
  CHECK(learning_rate(settings, 60, 110) == Approx(0.1));
}

TEST_CASE("schedules start at the learning rate and the falling ones end near 0") {
  OptimizerSettings settings;
  settings.learning_rate = 0.2;
  for (const Schedule schedule : {Schedule::constant, Schedule::linear, Schedule::cosine}) {
    settings.schedule = schedule;
    CHECK(learning_rate(settings, 0, 100) == Approx(0.2));
  }
  CHECK(learning_rate(settings, 50, 100) == Approx(0.1));
  CHECK(learning_rate(settings, 99, 100) < 1e-4);
  settings.schedule = Schedule::linear;
  CHECK(learning_rate(settings, 75, 100) == Approx(0.05));
  settings.schedule = Schedule::constant;
  CHECK(learning_rate(settings, 99, 100) == 0.2);
}

TEST_CASE("names read back, and others are refused with the names accepted") {
  CHECK(parse_optimizer("--optimizer", name_of(OptimizerKind::adamw)) == OptimizerKind::adamw);
  CHECK(parse_schedule("--schedule", name_of(Schedule::linear)) == Schedule::linear);
  CHECK_THROWS_WITH(parse_optimizer("--optimizer", "lion"),
                    "--optimizer: 'lion' is not an optimizer; accepted: sgd, adam, adamw");
  CHECK_THROWS_AS(parse_schedule("--schedule", ""), InputError);
}
