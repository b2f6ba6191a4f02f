#include "theory/optima/objective.hpp"

#include "core/base/parallel.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"
#include "theory/loss/sparse_expansion.hpp"

namespace digon {

Objective exact_objective(const FeatureDistribution& features, double relative_tolerance) {
  const double reachable = reachable_tolerance(features, relative_tolerance);
  Objective objective{[=](const ToyModel& model) {
                        ExactLossOptions options;
                        options.relative_tolerance = reachable;
                        if (features.data) options.threads = threads_inside;
                        return exact_loss_gradient(model, features, options);
                      },
                      features.importance};
  constexpr double sparse = 0.85;
  constexpr double loose = 1e-5;
  if (features.are_independent() && features.density.sum() <= sparse) {
    objective.guide = [=](const ToyModel& model) { return sparse_expansion(model, features); };
    objective.has_smooth_guide = !features.values.is_constant();
  } else if (reachable < loose && !features.data) {
    objective.guide = exact_objective(features, loose).loss;
  }
  constexpr double of_interference = 0.2;  // docs/search.md
  if (!features.data) objective.interference = of_interference * features.importance.dot(features.density);
  if (features.data) {
    objective.absent_bias = features.data->x.rowwise().mean().cwiseMax(0.0);
  } else {
    objective.absent_bias =
        features.density.unaryExpr([law = law_of(features)](double p) { return absent_bias(law, p); });
  }
  objective.of_importance = [=](const Eigen::VectorXd& importance) {
    FeatureDistribution other = features;
    other.importance = importance;
    return exact_objective(other, relative_tolerance);
  };
  return objective;
}

Objective hidden_relu_objective(ModelKind kind, const FeatureDistribution& features) {
  // Of many features there are as many more weights to fit the samples with, and pairs cost too much to be
  // searched with.
  constexpr Eigen::Index many = 32;
  const bool is_large = features.features() > many;
  const HiddenReluObjective::Options exact_pairs{.samples = is_large ? 1U << 16 : 1U << 13};
  const HiddenReluObjective::Options to_search{.samples = is_large ? 1U << 14 : 1U << 10,
                                               .exact = is_large ? 1 : 2};
  Objective objective{HiddenReluObjective(kind, features, exact_pairs), features.importance};
  if (!features.data) objective.guide = HiddenReluObjective(kind, features, to_search);
  objective.absent_bias = mean_targets(kind, features).cwiseMax(0.0);
  objective.of_importance = [=](const Eigen::VectorXd& importance) {
    FeatureDistribution other = features;
    other.importance = importance;
    return hidden_relu_objective(kind, other);
  };
  objective.kind = kind;
  return objective;
}

Objective objective_of_kind(ModelKind kind, const FeatureDistribution& features) {
  return has_relu_hidden(kind) ? hidden_relu_objective(kind, features) : exact_objective(features);
}

Objective one_sparse_objective(const Eigen::VectorXd& importance, Law law) {
  Objective objective{[=](const ToyModel& model) { return one_sparse_loss_gradient(model, importance, law); },
                      importance};
  objective.of_importance = [law](const Eigen::VectorXd& other) { return one_sparse_objective(other, law); };
  return objective;
}

Objective without_biases(const Objective& objective) {
  return {[=](const ToyModel& model) {
            ToyModel unbiased = model;
            unbiased.b.setZero();
            LossGradient loss = objective(unbiased);
            loss.by_b.setZero();
            return loss;
          },
          objective.importance};
}

}  // namespace digon
