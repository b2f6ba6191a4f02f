#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "theory/optima/optimum.hpp"
#include "theory/optima/penalty.hpp"

namespace digon {

/// What becomes of a feature (elhage2022 §3, "Superposition as a phase change").
enum class Phase {
  absent,      ///< not represented
  dedicated,   ///< a dimension of its own
  superposed,  ///< represented, and sharing its dimension
};

std::string_view name_of(Phase phase);

/// The phase of a feature i of a model, invariant to sign, permutation of the others and rotation: absent
/// where ‖W_i‖ < `zero_norm`, superposed where Σ_{j≠i} (Ŵ_i·W_j)² > `shared`, else dedicated.
///
/// The phase boundary is where ‖W_i‖ leaves 0, so that `zero_norm` asks whether a norm is 0 in numbers, not
/// whether the feature is represented (geometry/represented.hpp): a pair may be as short as 0.25 and
/// superposed. Descents and trained models leave less than 0.01 of an absent feature.
struct PhaseThresholds {
  double zero_norm = 0.03;
  double shared = 1e-3;
};
Phase phase_of(const ToyModel& model, Eigen::Index feature, const PhaseThresholds& thresholds = {});
/// The same of the last feature.
Phase phase_of(const ToyModel& model, const PhaseThresholds& thresholds = {});

/// A point of the phase diagram: n features in m = n − 1 dimensions, importances (1, …, 1, r), one density p.
struct PhasePoint {
  Eigen::Index features = 2;         ///< n, 2 or 3
  double density = 1.0;              ///< p
  double relative_importance = 1.0;  ///< r
  ActiveValue values = {};           ///< of active features
  Penalty penalty = {};              ///< added to every loss
};

/// The distribution of a point. Throws InputError unless n is 2 or 3, 0 < p ≤ 1 and r > 0.
FeatureDistribution features_of(const PhasePoint& point);

/// The paper's hand-built models, all of unit norms and b = 0 but for the mean p μ₁ of a dropped feature.
enum class Candidate { drop_first, drop_last, pair_of_first_two, pair_with_last };

std::string_view name_of(Candidate candidate);
Phase phase_of(Candidate candidate);

/// A candidate with its exact loss, to 1e-10 of it:
///   drop first p/3 − p²/4, drop last r(p/3 − p²/4), pair of the first two (n ≥ 3) p²/3, pair with the last
///   (1 + r)p²/6
/// of values uniform on [0, 1].
struct CandidateLoss {
  Candidate candidate = Candidate::drop_first;
  double loss = 0.0;
};

/// The candidates of a point, penalty included, the best first; without those that its bound on the coherence
/// excludes.
std::vector<CandidateLoss> candidate_losses(const PhasePoint& point);

/// The candidate as a model.
ToyModel candidate_model(const PhasePoint& point, Candidate candidate);

/// The global optimum of a point: the lowest of the descents from every candidate and from random starts.
struct ExactPhase {
  Descent optimum;
  Phase phase = Phase::absent;
};
ExactPhase exact_phase(const PhasePoint& point, std::size_t random_starts = 2, std::uint64_t seed = 0);

/// The same of models without biases.
ExactPhase exact_phase_without_biases(const PhasePoint& point, std::size_t random_starts = 2,
                                      std::uint64_t seed = 0);

/// The point on the line between two points of different phases at which the phase changes, to 1e-6 in
/// density and relative importance, by bisection. Throws InputError where the two phases are the same.
PhasePoint transition_between(const PhasePoint& from, const PhasePoint& to);

}  // namespace digon
