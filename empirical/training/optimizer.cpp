#include "empirical/training/optimizer.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include "core/base/named_choice.hpp"

namespace digon {

namespace {

constexpr NamedChoices<OptimizerKind, 3> optimizer_names{
    {{OptimizerKind::sgd, "sgd"}, {OptimizerKind::adam, "adam"}, {OptimizerKind::adamw, "adamw"}}};
constexpr NamedChoices<Schedule, 3> schedule_names{
    {{Schedule::constant, "constant"}, {Schedule::linear, "linear"}, {Schedule::cosine, "cosine"}}};

}  // namespace

std::string_view name_of(OptimizerKind kind) {
  return name_in(optimizer_names, kind);
}
std::string_view name_of(Schedule schedule) {
  return name_in(schedule_names, schedule);
}

OptimizerKind parse_optimizer(std::string_view option, std::string_view text) {
  return parse_choice(optimizer_names, option, "an optimizer", text);
}
Schedule parse_schedule(std::string_view option, std::string_view text) {
  return parse_choice(schedule_names, option, "a schedule", text);
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
  const double decay = settings_.weight_decay;
  if (decay > 0.0 && settings_.kind != OptimizerKind::adamw) {
    const Vector decayed = gradient + Scalar(decay) * parameters;
    move(decayed, learning_rate, parameters);
  } else {
    move(gradient, learning_rate, parameters);
  }
}

template <typename Scalar>
void Optimizer<Scalar>::move(const Vector& gradient, double learning_rate, Vector& parameters) {
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
