#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string_view>

namespace digon {

enum class OptimizerKind {
  sgd,    ///< gradient descent with momentum: v ← μ v + g, θ ← θ − lr v
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
  std::size_t warm_up = 0;  ///< steps over which the learning rate rises linearly before the schedule begins
  double momentum = 0.9;    ///< μ, SGD alone
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay =
      0.0;  ///< λ: of AdamW decoupled, θ ← (1 − lr λ)θ; of the others in the gradient, g + λθ
};

std::string_view name_of(OptimizerKind kind);
std::string_view name_of(Schedule schedule);

/// The choice of that name; throws InputError that lists the names.
OptimizerKind parse_optimizer(std::string_view option, std::string_view text);
Schedule parse_schedule(std::string_view option, std::string_view text);

/// The learning rate at step t of T, t = 0 … T − 1.
double learning_rate(const OptimizerSettings& settings, std::size_t step, std::size_t steps);

/// What an optimiser remembers between steps.
template <typename Scalar>
struct OptimizerState {
  using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;

  Array first;   ///< SGD: v; Adam: running mean of g
  Array second;  ///< Adam: running mean of g²
  double beta1_power = 1.0;
  double beta2_power = 1.0;
};

/// An optimiser of one array of parameters, float or double.
template <typename Scalar>
class Optimizer {
 public:
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

  Optimizer(const OptimizerSettings& settings, Eigen::Index parameters);
  /// Goes on from a state.
  Optimizer(const OptimizerSettings& settings, OptimizerState<Scalar> state);

  [[nodiscard]] const OptimizerState<Scalar>& state() const { return state_; }

  /// One step down `gradient` at the given learning rate.
  void step(const Vector& gradient, double learning_rate, Vector& parameters);

 private:
  void move(const Vector& gradient, double learning_rate, Vector& parameters);

  OptimizerSettings settings_;
  OptimizerState<Scalar> state_;
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

}  // namespace digon
