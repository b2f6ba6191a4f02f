#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string_view>

namespace digon {

enum class OptimizerKind {
  adam,   ///< kingma2015, Algorithm 1
  adamw,  ///< Adam with decoupled weight decay, loshchilov2019, Algorithm 2
};

enum class Schedule {
  constant,  ///< lr
  linear,    ///< lr (1 − t/T)
  cosine,    ///< lr (1 + cos(πt/T))/2
};

struct OptimizerSettings {
  OptimizerKind kind = OptimizerKind::adam;
  Schedule schedule = Schedule::constant;
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  ///< AdamW alone
};

std::string_view name_of(OptimizerKind kind);
std::string_view name_of(Schedule schedule);

/// The choice of that name; throws InputError that lists the names.
OptimizerKind parse_optimizer(std::string_view option, std::string_view text);
Schedule parse_schedule(std::string_view option, std::string_view text);

/// The learning rate at step t of T, t = 0 … T − 1.
double learning_rate(const OptimizerSettings& settings, std::size_t step, std::size_t steps);

/// Adam's state for one array of parameters.
class Optimizer {
 public:
  Optimizer(const OptimizerSettings& settings, Eigen::Index parameters);

  /// One step down `gradient` at the given learning rate.
  void step(const Eigen::VectorXf& gradient, double learning_rate, Eigen::VectorXf& parameters);

 private:
  OptimizerSettings settings_;
  Eigen::ArrayXf first_;   // running mean of g
  Eigen::ArrayXf second_;  // running mean of g²
  double beta1_power_ = 1.0;
  double beta2_power_ = 1.0;
};

}  // namespace digon
