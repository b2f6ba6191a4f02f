#include "empirical/attack/adversarial.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "core/base/standard_error.hpp"
#include "empirical/sampling/feature_sampler.hpp"

namespace digon {
namespace {

constexpr std::size_t starts_tried = 6;
constexpr int most_iterations = 200;
constexpr double settled = 1e-12;  // relative increase of the loss that ends an ascent

/// A model on one input: the loss against a target and its gradient by the input.
class InputLoss {
 public:
  InputLoss(const ToyModel& model, const Eigen::VectorXd& importance, const Eigen::VectorXd& target)
      : model_(model),
        decoder_(is_tied(model.kind) ? model.W : Eigen::MatrixXd(model.W_out.transpose())),
        importance_(importance),
        target_(target) {}

  double operator()(const Eigen::VectorXd& x, Eigen::VectorXd* gradient = nullptr) const {
    Eigen::VectorXd h = model_.W * x;
    if (has_relu_hidden(model_.kind)) h = h.cwiseMax(0.0);
    const Eigen::VectorXd z = decoder_.transpose() * h + model_.b;
    const Eigen::VectorXd output = has_relu_output(model_.kind) ? z.cwiseMax(0.0) : z;
    const Eigen::VectorXd residual = output - target_;
    if (gradient != nullptr) {
      Eigen::VectorXd delta = 2.0 * importance_.cwiseProduct(residual);
      if (has_relu_output(model_.kind)) delta = (z.array() > 0.0).select(delta, 0.0);
      Eigen::VectorXd back = decoder_ * delta;
      if (has_relu_hidden(model_.kind)) back = (h.array() > 0.0).select(back, 0.0);
      *gradient = model_.W.transpose() * back;
    }
    return importance_.dot(residual.cwiseAbs2());
  }

  /// Column j: the direction of the input that raises output j [n×n].
  [[nodiscard]] Eigen::MatrixXd opening_directions() const { return transposed_product(model_.W, decoder_); }

 private:
  const ToyModel& model_;
  Eigen::MatrixXd decoder_;
  const Eigen::VectorXd& importance_;
  const Eigen::VectorXd& target_;
};

/// Follows δ ← radius g/‖g‖ while the loss rises.
Attack ascend(const InputLoss& loss, const Eigen::VectorXd& x, Eigen::VectorXd delta, double radius) {
  Eigen::VectorXd gradient;
  double value = loss(x + delta, &gradient);
  for (int k = 0; k < most_iterations; ++k) {
    const double norm = gradient.norm();
    if (norm == 0.0) break;
    Eigen::VectorXd next_gradient;
    const Eigen::VectorXd next = radius / norm * gradient;
    const double next_value = loss(x + next, &next_gradient);
    if (!(next_value > value)) break;
    const bool done = next_value <= value * (1.0 + settled);
    delta = next;
    value = next_value;
    gradient = next_gradient;
    if (done) break;
  }
  return {delta, 0.0, value};
}

Eigen::MatrixXd draw_inputs(const FeatureDistribution& features, const VulnerabilityOptions& options) {
  if (features.data)
    return features.data->x.leftCols(std::min(Eigen::Index(options.samples), features.data->x.cols()));
  const FeatureSampler sampler(features);
  const std::size_t tiles = (options.samples + std::size_t(tile_samples) - 1) / std::size_t(tile_samples);
  Eigen::MatrixXd inputs(features.features(), Eigen::Index(tiles) * tile_samples);
  Tile<float> x(tile_samples, features.features());
  for (std::size_t t = 0; t < tiles; ++t) {
    sampler.draw({options.seed, Purpose::sampled_loss}, t, x);
    inputs.middleCols(Eigen::Index(t) * tile_samples, tile_samples) = x.matrix().transpose().cast<double>();
  }
  return inputs;
}

}  // namespace

Attack strongest_attack(const ToyModel& model, const Eigen::VectorXd& importance, const Eigen::VectorXd& x,
                        double radius) {
  const Eigen::VectorXd target = model.kind == ModelKind::absolute_value ? x.cwiseAbs() : x;
  const InputLoss loss(model, importance, target);
  const Eigen::MatrixXd directions = loss.opening_directions();
  std::vector<Attack> starts{{Eigen::VectorXd::Zero(x.size()), 0.0, loss(x)}};
  const double clean = starts.front().attacked;
  for (Eigen::Index j = 0; j < x.size(); ++j) {
    for (const double sign : {1.0, -1.0}) {
      const double norm = directions.col(j).norm();
      if (norm == 0.0) continue;
      const Eigen::VectorXd delta = sign * radius / norm * directions.col(j);
      starts.push_back({delta, 0.0, loss(x + delta)});
    }
  }
  const std::size_t tried = std::min(starts.size(), starts_tried);
  std::partial_sort(starts.begin(), starts.begin() + std::ptrdiff_t(tried), starts.end(),
                    [](const Attack& a, const Attack& b) { return a.attacked > b.attacked; });
  Attack strongest = starts.front();
  for (std::size_t k = 0; k < tried; ++k) {
    Attack found = ascend(loss, x, starts[k].perturbation, radius);
    if (found.attacked > strongest.attacked) strongest = std::move(found);
  }
  strongest.clean = clean;
  return strongest;
}

Vulnerability vulnerability(const ToyModel& model, const ToyModel& reference,
                            const FeatureDistribution& features, const VulnerabilityOptions& options) {
  validate(model, features);
  validate(reference, features);
  if (options.samples < 1) reject("samples: 0 given; at least 1 is needed");
  if (!(options.radius_share > 0.0) || !std::isfinite(options.radius_share)) {
    reject("radius: {} given; accepted: above 0", options.radius_share);
  }
  const Eigen::MatrixXd inputs = draw_inputs(features, options);
  Vulnerability result;
  result.radius = options.radius_share * inputs.colwise().norm().mean();
  Eigen::ArrayXd clean(inputs.cols());
  Eigen::ArrayXd attacked(inputs.cols());
  Eigen::ArrayXd reference_increase(inputs.cols());
  parallel_for(std::size_t(inputs.cols()), options.threads, [&](std::size_t k) {
    const Eigen::VectorXd x = inputs.col(Eigen::Index(k));
    const Attack attack = strongest_attack(model, features.importance, x, result.radius);
    clean[Eigen::Index(k)] = attack.clean;
    attacked[Eigen::Index(k)] = attack.attacked;
    const Attack on_reference = strongest_attack(reference, features.importance, x, result.radius);
    reference_increase[Eigen::Index(k)] = on_reference.attacked - on_reference.clean;
  });
  result.clean = clean.mean();
  result.clean_standard_error = clean.size() > 1 ? standard_error(clean) : 0.0;
  result.attacked = attacked.mean();
  result.increase = result.attacked - result.clean;
  const double unit = reference_increase.mean();
  result.relative = unit > 0.0 ? result.increase / unit : 0.0;
  return result;
}

}  // namespace digon
