#include "theory/optima/optimality_gap.hpp"

#include <algorithm>

#include "core/algebra/products.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {
namespace {

/// Outputs that no input turns on: b_j + Σ_i max over x_i of G_ji x_i ≤ 0; of data, no sample.
std::size_t dead_outputs(const ToyModel& model, const FeatureDistribution& features) {
  if (model.kind != ModelKind::relu_output) return 0;
  Eigen::VectorXd greatest = model.b;
  if (features.data) {
    greatest += product(gram(model.W), features.data->x).rowwise().maxCoeff();
  } else {
    greatest += gram(model.W)
                    .unaryExpr([law = law_of(features)](double g) { return support(law, g).greatest; })
                    .rowwise()
                    .sum();
  }
  return std::size_t((greatest.array() <= 0.0).count());
}

/// A loss as it is stated: exact, or estimated by samples that no descent has seen, the same for all models.
struct StatedLoss {
  double loss = 0.0;
  double error = 0.0;  // half of the 95% interval
};

StatedLoss stated_loss(const ToyModel& model, const FeatureDistribution& features, const Penalty& penalty,
                       std::size_t threads) {
  const double added = penalty_of(penalty, model.W).loss;
  if (has_relu_hidden(model.kind)) {
    const HiddenReluLoss estimated = hidden_relu_loss(model, features, stated_options(threads));
    return {estimated.loss + added, estimated.error};
  }
  ExactLossOptions exact;
  exact.relative_tolerance = reachable_tolerance(features, exact.relative_tolerance);
  return {exact_loss(model, features, exact).loss + added, 0.0};
}

}  // namespace

std::vector<OptimalityGap> optimality_gaps(const std::vector<ToyModel>& models,
                                           const FeatureDistribution& features,
                                           const OptimumSearchOptions& options, const Penalty& penalty) {
  if (models.empty()) return {};
  std::vector<OptimalityGap> gaps(models.size());
  for (std::size_t k = 0; k < models.size(); ++k) {
    const StatedLoss stated = stated_loss(models[k], features, penalty, options.threads);
    gaps[k].loss = gaps[k].local = stated.loss;
    gaps[k].error = stated.error;
    gaps[k].dead = dead_outputs(models[k], features);
  }
  if (models.front().kind == ModelKind::linear) {
    for (OptimalityGap& gap : gaps) {
      gap.best = gap.local = linear_optimum_loss(features, models.front().hidden());
      gap.minimum = 0;  // the linear model has no other
    }
    return gaps;
  }
  const ModelKind kind = models.front().kind;
  const Objective objective = penalized(objective_of_kind(kind, features), penalty);
  std::vector<std::optional<Descent>> ends(models.size());
  parallel_for(models.size(), options.threads, [&](std::size_t k) {
    if (interrupted()) return;
    ends[k] = with_best_absent_biases(objective, descend(objective, models[k], options.finish));
  });
  std::vector<ToyModel> local;
  for (const std::optional<Descent>& end : ends) {
    if (end) local.push_back(end->model);
  }
  const RecordedOptimum* known =
      penalty.is_none() ? find_recorded(recorded_optima(), features, models.front().hidden(), kind) : nullptr;
  const OptimumFound found = search_optimum(objective, models.front().features(), models.front().hidden(),
                                            options, local, {}, known);
  // What an objective on fixed samples says is not what is stated.
  const auto state = [&](const Descent& minimum) {
    return has_relu_hidden(kind) ? stated_loss(minimum.model, features, penalty, options.threads).loss
                                 : minimum.loss;
  };
  // The minima found, and those of the weights.
  std::vector<std::optional<Descent>> all = ends;
  for (const LocalMinimum& minimum : found.minima) all.emplace_back(minimum.at);
  const std::vector<LocalMinimum> minima = distinct_minima(all, &Descent::loss, same_optimum_of(kind));
  for (std::size_t rank = 0; rank < minima.size(); ++rank) {
    for (const std::size_t start : minima[rank].starts) {
      if (start >= models.size()) continue;
      gaps[start].local = std::min(gaps[start].loss, state(minima[rank].at));
      gaps[start].minimum = rank;
    }
  }
  const double searched = state(found.best());
  double best = std::min(state(lowest(minima)), searched);
  if (known != nullptr && has_relu_hidden(kind)) best = std::min(best, known->loss);
  for (const OptimalityGap& gap : gaps) best = std::min(best, gap.local);
  for (OptimalityGap& gap : gaps) {
    gap.best = best;
    gap.confirmation = found.confirmation();
    if (!same_optimum_of(kind).holds(searched, best)) gap.confirmation->agreeing = 0;
  }
  return gaps;
}

}  // namespace digon
