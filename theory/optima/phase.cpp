#include "theory/optima/phase.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/input_error.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/numerics/bisect.hpp"

namespace digon {
namespace {

constexpr double transition_tolerance = 1e-6;

/// Starts about a candidate: off it to either side, because some candidates are saddles, and where a feature
/// just begins to be represented it does so with one sign alone; and with the last or the first feature
/// short.
std::vector<ToyModel> starts_near(const ToyModel& candidate) {
  std::vector<ToyModel> starts(4, candidate);
  starts[0].W.array() += 0.01;
  starts[1].W.array() -= 0.01;
  starts[2].W.rightCols(1) *= 0.4;
  starts[3].W.leftCols(1) *= 0.4;
  return starts;
}

}  // namespace

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::absent:
      return "absent";
    case Phase::dedicated:
      return "dedicated";
    case Phase::superposed:
      break;
  }
  return "superposed";
}

Phase phase_of(const ToyModel& model, Eigen::Index feature, const PhaseThresholds& thresholds) {
  const Eigen::VectorXd w = model.W.col(feature);
  const double norm = w.norm();
  if (norm < thresholds.zero_norm) return Phase::absent;
  const Eigen::Index after = model.features() - 1 - feature;
  const double shared = ((w.transpose() * model.W.leftCols(feature)).squaredNorm() +
                         (w.transpose() * model.W.rightCols(after)).squaredNorm()) /
                        (norm * norm);
  return shared > thresholds.shared ? Phase::superposed : Phase::dedicated;
}

Phase phase_of(const ToyModel& model, const PhaseThresholds& thresholds) {
  return phase_of(model, model.features() - 1, thresholds);
}

FeatureDistribution features_of(const PhasePoint& point) {
  if (point.features != 2 && point.features != 3) {
    reject("features: {} given; accepted: 2 or 3", point.features);
  }
  if (!(point.density > 0.0 && point.density <= 1.0)) {
    reject("density: {} given; accepted: above 0, at most 1", point.density);
  }
  if (!(point.relative_importance > 0.0) || !std::isfinite(point.relative_importance)) {
    reject("relative importance: {} given; accepted: above 0", point.relative_importance);
  }
  FeatureDistribution features = uniform_features(point.features, point.density);
  features.importance[point.features - 1] = point.relative_importance;
  features.values = point.values;
  validate(features);
  return features;
}

std::string_view name_of(Candidate candidate) {
  switch (candidate) {
    case Candidate::drop_first:
      return "drop first";
    case Candidate::drop_last:
      return "drop last";
    case Candidate::pair_of_first_two:
      return "pair of the first two";
    case Candidate::pair_with_last:
      break;
  }
  return "pair with the last";
}

Phase phase_of(Candidate candidate) {
  switch (candidate) {
    case Candidate::drop_last:
      return Phase::absent;
    case Candidate::pair_with_last:
      return Phase::superposed;
    case Candidate::drop_first:
    case Candidate::pair_of_first_two:
      break;
  }
  return Phase::dedicated;
}

std::vector<CandidateLoss> candidate_losses(const PhasePoint& point) {
  const double p = point.density;
  const double r = point.relative_importance;
  std::vector<CandidateLoss> losses;
  if (point.values == ActiveValue::uniform) {
    const Law law;
    const double dropped = feature_variance(law, p);
    losses = {{Candidate::drop_first, dropped},
              {Candidate::drop_last, r * dropped},
              {Candidate::pair_with_last, scaled_moment(law, (1.0 + r) * p * p, 2) / 2.0}};
    if (point.features > 2) losses.push_back({Candidate::pair_of_first_two, scaled_moment(law, p * p, 2)});
  } else {
    for (const Candidate candidate : {Candidate::drop_first, Candidate::drop_last, Candidate::pair_with_last,
                                      Candidate::pair_of_first_two}) {
      if (point.features == 2 && candidate == Candidate::pair_of_first_two) continue;
      losses.push_back({candidate, exact_loss(candidate_model(point, candidate), features_of(point)).loss});
    }
  }
  if (!point.penalty.is_none()) {
    std::erase_if(losses, [&](const CandidateLoss& one) {
      return coherence_of_present(candidate_model(point, one.candidate).W) > point.penalty.max_coherence;
    });
    for (CandidateLoss& one : losses) {
      one.loss += penalty_of(point.penalty, candidate_model(point, one.candidate).W).loss;
    }
  }
  std::stable_sort(losses.begin(), losses.end(),
                   [](const CandidateLoss& a, const CandidateLoss& b) { return a.loss < b.loss; });
  return losses;
}

ToyModel candidate_model(const PhasePoint& point, Candidate candidate) {
  const Eigen::Index n = point.features;
  const Eigen::Index m = n - 1;
  ToyModel model{Eigen::MatrixXd::Zero(m, n), Eigen::VectorXd::Zero(n)};
  const Eigen::Index left_out =
      candidate == Candidate::drop_last || candidate == Candidate::pair_with_last ? n - 1 : 0;
  // All but one feature have a dimension each …
  Eigen::Index dimension = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    if (i != left_out) model.W(dimension++, i) = 1.0;
  }
  // … and that one is dropped, or opposite to its partner.
  if (candidate == Candidate::drop_first || candidate == Candidate::drop_last) {
    model.b[left_out] = absent_bias(law_of(point.values), point.density);
  } else {
    const Eigen::Index partner = candidate == Candidate::pair_of_first_two ? 1 : 0;
    model.W.col(left_out) = -model.W.col(partner);
  }
  return model;
}

namespace {

ExactPhase lowest_phase(const PhasePoint& point, const Objective& objective, std::size_t random_starts,
                        std::uint64_t seed) {
  std::vector<ToyModel> given;
  for (const CandidateLoss& each : candidate_losses(point)) {
    for (ToyModel& start : starts_near(candidate_model(point, each.candidate)))
      given.push_back(std::move(start));
  }
  OptimumOptions options;
  options.starts = random_starts;
  options.seed = seed;
  options.threads = 1;
  ExactPhase result;
  result.optimum = lowest(find_minima(objective, point.features, point.features - 1, options, given));
  result.phase = phase_of(result.optimum.model);
  return result;
}

}  // namespace

ExactPhase exact_phase(const PhasePoint& point, std::size_t random_starts, std::uint64_t seed) {
  return lowest_phase(point, penalized(exact_objective(features_of(point)), point.penalty), random_starts,
                      seed);
}

ExactPhase exact_phase_without_biases(const PhasePoint& point, std::size_t random_starts,
                                      std::uint64_t seed) {
  ExactPhase result =
      lowest_phase(point, penalized(without_biases(exact_objective(features_of(point))), point.penalty),
                   random_starts, seed);
  result.optimum.model.b.setZero();
  return result;
}

PhasePoint transition_between(const PhasePoint& from, const PhasePoint& to) {
  const Phase at_from = exact_phase(from).phase;
  const auto between = [&](double share) {
    PhasePoint point = from;
    point.density += share * (to.density - from.density);
    point.relative_importance += share * (to.relative_importance - from.relative_importance);
    return point;
  };
  const double length = std::max(std::abs(to.density - from.density),
                                 std::abs(to.relative_importance - from.relative_importance));
  const auto is_as_from = [&](double share) { return exact_phase(between(share)).phase == at_from; };
  const Change change = bisect(is_as_from, 0.0, 1.0, {.width = transition_tolerance / length});
  return between(0.5 * (change.holds + change.fails));
}

}  // namespace digon
