#include "empirical/optimizer.hpp"

#include <cmath>
#include <numbers>

#include "core/input_error.hpp"

namespace digon {

std::string_view name_of(OptimizerKind kind) {
  return kind == OptimizerKind::adam ? "adam" : "adamw";
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
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::adamw}) {
    if (text == name_of(kind)) return kind;
  }
  reject("{}: '{}' is not an optimizer; accepted: adam, adamw", option, text);
}

Schedule parse_schedule(std::string_view option, std::string_view text) {
  for (const Schedule schedule : {Schedule::constant, Schedule::linear, Schedule::cosine}) {
    if (text == name_of(schedule)) return schedule;
  }
  reject("{}: '{}' is not a schedule; accepted: constant, linear, cosine", option, text);
}

double learning_rate(const OptimizerSettings& settings, std::size_t step, std::size_t steps) {
  const double share = double(step) / double(steps);
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

Optimizer::Optimizer(const OptimizerSettings& settings, Eigen::Index parameters)
    : settings_(settings),
      first_(Eigen::ArrayXf::Zero(parameters)),
      second_(Eigen::ArrayXf::Zero(parameters)) {}

void Optimizer::step(const Eigen::VectorXf& gradient, double learning_rate, Eigen::VectorXf& parameters) {
  const auto beta1 = float(settings_.beta1);
  const auto beta2 = float(settings_.beta2);
  beta1_power_ *= settings_.beta1;
  beta2_power_ *= settings_.beta2;
  first_ = beta1 * first_ + (1.0F - beta1) * gradient.array();
  second_ = beta2 * second_ + (1.0F - beta2) * gradient.array().square();

  if (settings_.kind == OptimizerKind::adamw) {
    parameters *= float(1.0 - learning_rate * settings_.weight_decay);
  }
  const auto rate = float(learning_rate / (1.0 - beta1_power_));
  const auto second_scale = float(1.0 / std::sqrt(1.0 - beta2_power_));
  parameters.array() -= rate * first_ / (second_scale * second_.sqrt() + float(settings_.epsilon));
}

}  // namespace digon
