#include "theory/optima/phase.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "theory/loss/exact_loss.hpp"

using namespace digon;

TEST_CASE("the candidates' losses are the exact losses of their models") {
  for (const Eigen::Index n : {2, 3}) {
    for (const double density : {1.0, 0.4, 0.02}) {
      const PhasePoint point{n, density, 1.7};
      const auto losses = candidate_losses(point);
      CHECK(losses.size() == std::size_t(n) + 1);
      for (const CandidateLoss& each : losses) {
        CAPTURE(n, density, name_of(each.candidate));
        CHECK(exact_loss(candidate_model(point, each.candidate), features_of(point)).loss ==
              Approx(each.loss).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("a penalty on interference, and a bound on the coherence, end superposition") {
  const PhasePoint free{2, 0.3, 1.0};
  CHECK(exact_phase(free).phase == Phase::superposed);
  PhasePoint penalised = free;
  penalised.penalty.interference = 0.05;
  CHECK(exact_phase(penalised).phase != Phase::superposed);
  CHECK(candidate_losses(penalised).front().candidate != Candidate::pair_with_last);
  const auto loss_of = [](const PhasePoint& point, Candidate candidate) {
    for (const CandidateLoss& one : candidate_losses(point)) {
      if (one.candidate == candidate) return one.loss;
    }
    return -1.0;
  };
  // Σ_{i≠j} (W_i·W_j)² of a pair is 2.
  CHECK(loss_of(penalised, Candidate::pair_with_last) ==
        Approx(loss_of(free, Candidate::pair_with_last) + 0.1).epsilon(1e-12));
  PhasePoint bounded = free;
  bounded.penalty.max_coherence = 0.5;
  CHECK(exact_phase(bounded).phase != Phase::superposed);
  CHECK(loss_of(bounded, Candidate::pair_with_last) == -1.0);
  penalised.penalty.interference = 1e-9;
  CHECK(exact_phase(penalised).optimum.loss == Approx(exact_phase(free).optimum.loss).epsilon(1e-6));
}

TEST_CASE("among the candidates the pair wins for 2p/(4 − 5p) < r < 2/p − 5/2") {
  for (const double p : {0.05, 0.2, 0.4, 0.55}) {
    const double low = 2.0 * p / (4.0 - 5.0 * p);
    const double high = 2.0 / p - 2.5;
    const auto best = [&](double r) { return candidate_losses({2, p, r}).front().candidate; };
    CHECK(best(low * 0.999) == Candidate::drop_last);
    CHECK(best(low * 1.001) == Candidate::pair_with_last);
    CHECK(best(high * 0.999) == Candidate::pair_with_last);
    CHECK(best(high * 1.001) == Candidate::drop_first);
  }
}

TEST_CASE("a model's phase is that of its last feature, whatever the sign and rotation") {
  CHECK(phase_of(ToyModel{Eigen::RowVector2d(1, 0), Eigen::Vector2d::Zero()}) == Phase::absent);
  CHECK(phase_of(ToyModel{Eigen::RowVector2d(0, -1), Eigen::Vector2d::Zero()}) == Phase::dedicated);
  CHECK(phase_of(ToyModel{Eigen::RowVector2d(0.5, -1), Eigen::Vector2d::Zero()}) == Phase::superposed);
  Eigen::MatrixXd W(2, 3);
  W << 1, -1, 1,  //
      1, -1, -1;
  CHECK(phase_of(ToyModel{W, Eigen::Vector3d::Zero()}) == Phase::dedicated);
}

TEST_CASE(
    "the exact optimum is never above the best candidate, and its phase is symmetric in r and 1/r for n = "
    "2") {
  for (const double p : {0.9, 0.6, 0.3, 0.05}) {
    for (const double r : {0.15, 0.5, 0.9, 1.3, 5.0}) {
      const PhasePoint point{2, p, r};
      const ExactPhase exact = exact_phase(point);
      CAPTURE(p, r);
      CHECK(exact.optimum.loss <= candidate_losses(point).front().loss * (1.0 + 1e-12));
      // Swapping the features is scaling the importances by r.
      const ExactPhase mirrored = exact_phase({2, p, 1.0 / r});
      CHECK(exact.optimum.loss == Approx(r * mirrored.optimum.loss).epsilon(1e-8));
      CHECK((exact.phase == Phase::superposed) == (mirrored.phase == Phase::superposed));
    }
  }
}

TEST_CASE("the exact optimum is found where features are rare and one matters far more") {
  for (const PhasePoint& point :
       {PhasePoint{3, 0.01, 4.489251258218609}, PhasePoint{3, 0.01, 8.185467307069034},
        PhasePoint{3, 0.012216773489967928, 10.0}}) {
    const ExactPhase exact = exact_phase(point);
    CHECK(exact.optimum.loss <= candidate_losses(point).front().loss);
    CHECK(exact.phase == Phase::dedicated);
  }
}

TEST_CASE("the true boundary is not the candidates': at p = 0.7, r = 1 features are still superposed") {
  CHECK(exact_phase({2, 0.7, 1.0}).phase == Phase::superposed);
  CHECK(phase_of(candidate_losses({2, 0.7, 1.0}).front().candidate) != Phase::superposed);
}

TEST_CASE("a transition lies between its two points, with the phase changing there") {
  const PhasePoint dense{2, 0.9, 0.4};
  const PhasePoint sparse{2, 0.1, 0.4};
  const PhasePoint at = transition_between(dense, sparse);
  CHECK(exact_phase({2, at.density + 2e-6, 0.4}).phase == Phase::absent);
  CHECK(exact_phase({2, at.density - 2e-6, 0.4}).phase == Phase::superposed);
  CHECK_THROWS_AS(transition_between(dense, dense), InputError);
}

TEST_CASE("points off the diagram are refused") {
  CHECK_THROWS_AS(exact_phase({4, 0.5, 1.0}), InputError);
  CHECK_THROWS_AS(exact_phase({2, 0.0, 1.0}), InputError);
  CHECK_THROWS_AS(exact_phase({2, 0.5, 0.0}), InputError);
}

TEST_CASE("phases of other laws: the optimum is no worse than any candidate, and these are what they are") {
  for (const ActiveValue& values :
       {ActiveValue::signed_uniform, ActiveValue::binary, ActiveValue{0.5, 1.5}}) {
    const PhasePoint point{2, 0.3, 0.8, values};
    const std::vector<CandidateLoss> candidates = candidate_losses(point);
    CHECK(candidates.size() == 3);
    CHECK(exact_phase(point).optimum.loss <= candidates.front().loss * (1.0 + 1e-9));
    for (const CandidateLoss& each : candidates) {
      if (each.candidate != Candidate::drop_last) continue;
      // The first feature loses what no ReLU answers, the last all but what its mean answers.
      const double p = 0.3;
      const double mean = 0.5 * (values.least + values.greatest);
      const double square = mean * mean + std::pow(values.greatest - values.least, 2) / 12.0;
      const double floor = values.least < 0.0 ? p / 6.0 : 0.0;
      CHECK(each.loss == Approx(floor + 0.8 * (p * square - p * p * mean * mean)).epsilon(1e-10));
    }
  }
}
