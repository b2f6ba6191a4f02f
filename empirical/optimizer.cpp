#include "empirical/optimizer.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include "core/input_error.hpp"

namespace digon {

std::string_view name_of(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return "sgd";
    case OptimizerKind::adam:
      return "adam";
    case OptimizerKind::adamw:
      return "adamw";
  }
  return "";
}

std::string_view name_of(Schedule schedule) {
  switch (schedule) {
    case Schedule::constant:
      return "constant";
    case Schedule::linear:
      return "linear";
    case Schedule::cosine:
      return "cosine";
  }
  return "";
}

OptimizerKind parse_optimizer(std::string_view option, std::string_view text) {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw}) {
    if (text == name_of(kind)) return kind;
  }
  reject("{}: '{}' is not an optimizer; accepted: sgd, adam, adamw", option, text);
}

Schedule parse_schedule(std::string_view option, std::string_view text) {
  for (const Schedule schedule : {Schedule::constant, Schedule::linear, Schedule::cosine}) {
    if (text == name_of(schedule)) return schedule;
  }
  reject("{}: '{}' is not a schedule; accepted: constant, linear, cosine", option, text);
}

double learning_rate(const OptimizerSettings& settings, std::size_t step, std::size_t steps) {
  if (step < settings.warm_up) return settings.learning_rate * double(step + 1) / double(settings.warm_up);
  const double share = double(step - settings.warm_up) / double(steps - settings.warm_up);
  switch (settings.schedule) {
    case Schedule::constant:
      break;
    case Schedule::linear:
      return settings.learning_rate * (1.0 - share);
    case Schedule::cosine:
      return settings.learning_rate * 0.5 * (1.0 + std::cos(std::numbers::pi * share));
  }
  return settings.learning_rate;
}

template <typename Scalar>
Optimizer<Scalar>::Optimizer(const OptimizerSettings& settings, Eigen::Index parameters)
    : settings_(settings) {
  state_.first.setZero(parameters);
  state_.second.setZero(parameters);
}

template <typename Scalar>
Optimizer<Scalar>::Optimizer(const OptimizerSettings& settings, OptimizerState<Scalar> state)
    : settings_(settings), state_(std::move(state)) {}

template <typename Scalar>
void Optimizer<Scalar>::step(const Vector& gradient, double learning_rate, Vector& parameters) {
  auto& [first, second, beta1_power, beta2_power] = state_;
  if (settings_.kind == OptimizerKind::sgd) {
    first = Scalar(settings_.momentum) * first + gradient.array();
    parameters.array() -= Scalar(learning_rate) * first;
    return;
  }
  const auto beta1 = Scalar(settings_.beta1);
  const auto beta2 = Scalar(settings_.beta2);
  beta1_power *= settings_.beta1;
  beta2_power *= settings_.beta2;
  first = beta1 * first + (Scalar(1) - beta1) * gradient.array();
  second = beta2 * second + (Scalar(1) - beta2) * gradient.array().square();

  if (settings_.kind == OptimizerKind::adamw) {
    parameters *= Scalar(1.0 - learning_rate * settings_.weight_decay);
  }
  const auto rate = Scalar(learning_rate / (1.0 - beta1_power));
  const auto second_scale = Scalar(1.0 / std::sqrt(1.0 - beta2_power));
  parameters.array() -= rate * first / (second_scale * second.sqrt() + Scalar(settings_.epsilon));
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace digon
