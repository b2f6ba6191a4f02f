// Draws from the localised posterior at temperature nβ = 1e6 over the loss of answering 0, γ = 100, on one
// core: what each is worth, and what λ̂ comes to. (6, 2) is the hexagon with one feature active, in closed
// form; (20, 5) the lowest loss on record, density 0.1 and importance 0.7^i, by the contour.
#include <benchmark/benchmark.h>

#include "theory/loss/exact_loss.hpp"
#include "theory/optima/descent.hpp"
#include "theory/optima/optimum_record.hpp"
#include "theory/optima/polygon.hpp"
#include "theory/singular/learning_coefficient.hpp"
#include "theory/singular/model_coefficient.hpp"
#include "theory/singular/model_slice.hpp"

namespace {

struct Case {
  digon::ToyModel model;
  digon::FeatureDistribution features;
};

Case hexagon() {
  const digon::PolygonOptimum best = digon::polygon_optimum(6);
  return {digon::regular_polygon(6, best.norm, best.bias),
          digon::with_active(digon::uniform_features(6, 0.0), 1)};
}

Case twenty() {
  digon::FeatureDistribution features = digon::uniform_features(20, 0.1);
  features.importance = digon::parse_importance("importance", "0.7^i", 20);
  return {digon::find_recorded(digon::recorded_optima(), features, 5)->model, features};
}

void draws(benchmark::State& state, const Case& one, std::size_t count) {
  const digon::Objective objective =
      digon::learning_objective(one.model.kind, one.features, digon::LearningLoss::exact);
  const digon::ToyModel at = digon::descend(objective, one.model).model;
  const digon::ModelSlice slice = digon::slice_off_rotations(objective, at);
  const digon::LocalPosterior posterior{slice.loss, Eigen::VectorXd::Zero(slice.basis.cols()),
                                        1e6 / digon::zero_model_loss(one.features), 100.0};
  const digon::Curvature curvature = digon::curvature_at(posterior.loss, posterior.at);
  digon::SamplingOptions options;
  options.threads = 1;
  options.warm_up = count / 2;
  options.draws = count;
  double effective = 0.0;
  double worth = 0.0;
  std::size_t evaluations = 0;
  digon::LearningPoint point;
  for (auto _ : state) {
    ++options.seed;
    const digon::PosteriorDraws drawn = digon::draw_posterior(posterior, curvature, options);
    point = digon::learning_point(posterior, drawn);
    effective += point.effective;
    // So many draws as drawn would give the standard error that control variates give.
    worth += point.effective * (point.plain_error * point.plain_error) /
             (point.standard_error * point.standard_error);
    evaluations += drawn.evaluations;
  }
  state.counters["effective"] = benchmark::Counter(effective, benchmark::Counter::kIsRate);
  state.counters["with_controls"] = benchmark::Counter(worth, benchmark::Counter::kIsRate);
  state.counters["gradients"] = benchmark::Counter(double(evaluations), benchmark::Counter::kIsRate);
  state.counters["lambda"] = point.lambda;
  state.counters["standard_error"] = point.standard_error;
  state.counters["r_hat"] = point.r_hat;
}

void six_in_two(benchmark::State& state) {
  draws(state, hexagon(), 1000);
}
void twenty_in_five(benchmark::State& state) {
  draws(state, twenty(), 300);
}

}  // namespace

BENCHMARK(six_in_two)->Unit(benchmark::kMillisecond)->Iterations(4);
BENCHMARK(twenty_in_five)->Unit(benchmark::kMillisecond)->Iterations(1);
