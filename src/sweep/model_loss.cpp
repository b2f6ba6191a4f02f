#include "sweep/model_loss.hpp"

#include "empirical/training/sampled_loss.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

constexpr double relative_tolerance = 1e-9;

}  // namespace

double loss_of(const ToyModel& model, const FeatureDistribution& features, std::size_t samples) {
  if (!has_exact_loss(model.kind, features)) return sampled_loss(model, features, samples, 0, 1).mean;
  ExactLossOptions options;
  options.relative_tolerance = relative_tolerance;
  return exact_loss(model, features, options).loss;
}

}  // namespace digon
