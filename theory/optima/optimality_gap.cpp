#include "theory/optima/optimality_gap.hpp"

#include <algorithm>

#include "core/algebra/products.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/exact_loss.hpp"
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

}  // namespace

std::vector<OptimalityGap> optimality_gaps(const std::vector<ToyModel>& models,
                                           const FeatureDistribution& features,
                                           const OptimumSearchOptions& options, const Penalty& penalty) {
  if (models.empty()) return {};
  std::vector<OptimalityGap> gaps(models.size());
  ExactLossOptions of_weights;
  of_weights.relative_tolerance = reachable_tolerance(features, of_weights.relative_tolerance);
  for (std::size_t k = 0; k < models.size(); ++k) {
    gaps[k].loss = gaps[k].local =
        exact_loss(models[k], features, of_weights).loss + penalty_of(penalty, models[k].W).loss;
    gaps[k].dead = dead_outputs(models[k], features);
  }
  if (models.front().kind == ModelKind::linear) {
    for (OptimalityGap& gap : gaps) {
      gap.best = gap.local = linear_optimum_loss(features, models.front().hidden());
      gap.minimum = 0;  // the linear model has no other
    }
    return gaps;
  }
  const Objective objective = penalized(exact_objective(features), penalty);
  std::vector<std::optional<Descent>> ends(models.size());
  parallel_for(models.size(), options.threads, [&](std::size_t k) {
    if (interrupted()) return;
    ends[k] = with_best_absent_biases(objective, descend(objective, models[k]));
  });
  std::vector<ToyModel> local;
  for (const std::optional<Descent>& end : ends) {
    if (end) local.push_back(end->model);
  }
  const OptimumFound found = search_optimum(
      objective, models.front().features(), models.front().hidden(), options, local, {},
      penalty.is_none() ? find_recorded(recorded_optima(), features, models.front().hidden()) : nullptr);
  // The minima found, and those of the weights.
  std::vector<std::optional<Descent>> all = ends;
  for (const LocalMinimum& minimum : found.minima) all.emplace_back(minimum.at);
  const std::vector<LocalMinimum> minima = distinct_minima(all, &Descent::loss, same_optimum);
  for (std::size_t rank = 0; rank < minima.size(); ++rank) {
    for (const std::size_t start : minima[rank].starts) {
      if (start >= models.size()) continue;
      gaps[start].local = std::min(gaps[start].loss, minima[rank].at.loss);
      gaps[start].minimum = rank;
    }
  }
  double best = lowest(minima).loss;
  for (const OptimalityGap& gap : gaps) best = std::min(best, gap.local);
  for (OptimalityGap& gap : gaps) {
    gap.best = best;
    gap.confirmation = found.confirmation();
    if (!same_optimum.holds(found.best().loss, best)) gap.confirmation->agreeing = 0;
  }
  return gaps;
}

}  // namespace digon
