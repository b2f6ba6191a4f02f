#include "theory/optima/objective.hpp"

#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace digon {

Objective exact_objective(const FeatureDistribution& features, double relative_tolerance) {
  Objective objective{[=](const ToyModel& model) {
                        ExactLossOptions options;
                        options.relative_tolerance = relative_tolerance;
                        return exact_loss_gradient(model, features, options);
                      },
                      features.importance};
  if (features.features() >= 10 && features.sets.empty() && features.has_uniform_density() &&
      features.density.sum() <= 0.5) {
    objective.guide = one_sparse_objective(features.importance).loss;
  }
  return objective;
}

Objective one_sparse_objective(const Eigen::VectorXd& importance) {
  return {[=](const ToyModel& model) { return one_sparse_loss_gradient(model, importance); }, importance};
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
