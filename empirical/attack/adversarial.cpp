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

/// The loss of a model on an input x that is moved by δ, against a target; or of the model linear, with its
/// Jacobian at x.
class InputLoss {
 public:
  InputLoss(const ToyModel& model, const Eigen::VectorXd& importance, const Eigen::VectorXd& target,
            const Eigen::VectorXd& x)
      : model_(model),
        decoder_(is_tied(model.kind) ? model.W : Eigen::MatrixXd(model.W_out.transpose())),
        importance_(importance),
        target_(target),
        x_(x) {}

  /// From now on the units are on that are on at x.
  void linearize() {
    const Eigen::VectorXd h = model_.W * x_;
    hidden_on_ = h.array() > 0.0;
    const Eigen::VectorXd kept = has_relu_hidden(model_.kind) ? h.cwiseMax(0.0) : h;
    output_on_ = (decoder_.transpose() * kept + model_.b).array() > 0.0;
  }

  double operator()(const Eigen::VectorXd& delta, Eigen::VectorXd* gradient = nullptr) const {
    const auto on = [&](const Eigen::VectorXd& z, const On& fixed) -> On {
      return fixed.size() > 0 ? fixed : On(z.array() > 0.0);
    };
    Eigen::VectorXd h = model_.W * (x_ + delta);
    const On hidden_on = on(h, hidden_on_);
    if (has_relu_hidden(model_.kind)) h = hidden_on.select(h, 0.0);
    const Eigen::VectorXd z = decoder_.transpose() * h + model_.b;
    const On output_on = on(z, output_on_);
    const Eigen::VectorXd output = has_relu_output(model_.kind) ? output_on.select(z, 0.0) : z;
    const Eigen::VectorXd residual = output - target_;
    if (gradient != nullptr) {
      Eigen::VectorXd back = 2.0 * importance_.cwiseProduct(residual);
      if (has_relu_output(model_.kind)) back = output_on.select(back, 0.0);
      back = decoder_ * back;
      if (has_relu_hidden(model_.kind)) back = hidden_on.select(back, 0.0);
      *gradient = model_.W.transpose() * back;
    }
    return importance_.dot(residual.cwiseAbs2());
  }

  /// Column j: the direction of the input that raises output j [n×n].
  [[nodiscard]] Eigen::MatrixXd opening_directions() const { return transposed_product(model_.W, decoder_); }

 private:
  using On = Eigen::Array<bool, Eigen::Dynamic, 1>;

  const ToyModel& model_;
  Eigen::MatrixXd decoder_;
  const Eigen::VectorXd& importance_;
  const Eigen::VectorXd& target_;
  const Eigen::VectorXd& x_;
  On hidden_on_;  ///< if linear
  On output_on_;
};

/// Follows δ ← radius g/‖g‖ while the loss rises.
Attack ascend(const InputLoss& loss, Eigen::VectorXd delta, double radius) {
  Eigen::VectorXd gradient;
  double value = loss(delta, &gradient);
  for (int k = 0; k < most_iterations; ++k) {
    const double norm = gradient.norm();
    if (norm == 0.0) break;
    Eigen::VectorXd next_gradient;
    const Eigen::VectorXd next = radius / norm * gradient;
    const double next_value = loss(next, &next_gradient);
    if (!(next_value > value)) break;
    const bool done = next_value <= value * (1.0 + settled);
    delta = next;
    value = next_value;
    gradient = next_gradient;
    if (done) break;
  }
  return {delta, 0.0, value};
}

/// The strongest found from the directions that open each output, the most promising ones first.
Attack strongest(const InputLoss& loss, const Eigen::MatrixXd& directions, double radius) {
  const Eigen::Index n = directions.rows();
  std::vector<Attack> starts{{Eigen::VectorXd::Zero(n), 0.0, loss(Eigen::VectorXd::Zero(n))}};
  const double clean = starts.front().attacked;
  for (Eigen::Index j = 0; j < directions.cols(); ++j) {
    for (const double sign : {1.0, -1.0}) {
      const double norm = directions.col(j).norm();
      if (norm == 0.0) continue;
      const Eigen::VectorXd delta = sign * radius / norm * directions.col(j);
      starts.push_back({delta, 0.0, loss(delta)});
    }
  }
  const std::size_t tried = std::min(starts.size(), starts_tried);
  std::partial_sort(starts.begin(), starts.begin() + std::ptrdiff_t(tried), starts.end(),
                    [](const Attack& a, const Attack& b) { return a.attacked > b.attacked; });
  Attack best = starts.front();
  for (std::size_t k = 0; k < tried; ++k) {
    Attack found = ascend(loss, starts[k].perturbation, radius);
    if (found.attacked > best.attacked) best = std::move(found);
  }
  best.clean = clean;
  return best;
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

namespace {

Eigen::VectorXd target_of(const ToyModel& model, const Eigen::VectorXd& x) {
  return model.kind == ModelKind::absolute_value ? x.cwiseAbs() : x;
}

/// What the strongest attack on x adds to the loss, and what it would add were the model linear there.
struct Increase {
  double clean = 0.0;
  double attacked = 0.0;
  double by_jacobian = 0.0;
};

Increase increase_on(const ToyModel& model, const Eigen::VectorXd& importance, const Eigen::VectorXd& x,
                     double radius) {
  const Eigen::VectorXd target = target_of(model, x);
  InputLoss loss(model, importance, target, x);
  const Eigen::MatrixXd directions = loss.opening_directions();
  const Attack attack = strongest(loss, directions, radius);
  loss.linearize();
  const Attack linear = strongest(loss, directions, radius);
  return {attack.clean, attack.attacked, linear.attacked - linear.clean};
}

}  // namespace

Attack strongest_attack(const ToyModel& model, const Eigen::VectorXd& importance, const Eigen::VectorXd& x,
                        double radius) {
  const Eigen::VectorXd target = target_of(model, x);
  const InputLoss loss(model, importance, target, x);
  return strongest(loss, loss.opening_directions(), radius);
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
  const Eigen::Index count = inputs.cols();
  Eigen::ArrayXd clean(count);
  Eigen::ArrayXd attacked(count);
  Eigen::ArrayXd by_jacobian(count);
  Eigen::ArrayXd reference_increase(count);
  parallel_for(std::size_t(count), options.threads, [&](std::size_t k) {
    const auto at = Eigen::Index(k);
    const Eigen::VectorXd x = inputs.col(at);
    const Increase own = increase_on(model, features.importance, x, result.radius);
    clean[at] = own.clean;
    attacked[at] = own.attacked;
    by_jacobian[at] = own.by_jacobian;
    const Attack on_reference = strongest_attack(reference, features.importance, x, result.radius);
    reference_increase[at] = on_reference.attacked - on_reference.clean;
  });
  result.clean = clean.mean();
  result.clean_standard_error = clean.size() > 1 ? standard_error(clean) : 0.0;
  result.attacked = attacked.mean();
  result.increase = result.attacked - result.clean;
  result.by_jacobian = by_jacobian.mean();
  const double unit = reference_increase.mean();
  result.relative = unit > 0.0 ? result.increase / unit : 0.0;
  return result;
}

}  // namespace digon
