#include "sweep/kinds/recovery_phase_cell.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/interrupt.hpp"
#include "core/base/random.hpp"
#include "empirical/sampling/samples.hpp"
#include "sweep/sweep.hpp"
#include "theory/recovery/recovery_error.hpp"

namespace digon {
namespace {

constexpr const char* signed_name = "signed";
constexpr const char* nonnegative_name = "nonnegative";

StoredCell compute_recovery_phase(const nlohmann::json& settings, const std::string& /*given*/) {
  const Signs signs = settings.at("signs") == signed_name ? Signs::any : Signs::nonnegative;
  FeatureDistribution features = with_active(uniform_features(settings.at("n"), 0.0), settings.at("active"));
  if (signs == Signs::any) features.values = ActiveValue::signed_uniform;
  const std::size_t trials = settings.at("trials");
  const std::uint64_t seed = settings.at("seed");
  std::size_t recovered = 0;
  for (std::size_t t = 0; t < trials && !interrupted(); ++t) {
    const std::uint64_t of_trial = derive_seed(seed, t);
    const ToyModel model = gaussian_model(settings.at("n"), settings.at("m"), of_trial);
    const Eigen::VectorXd x = draw_samples(features, 1, of_trial, 1).col(0);
    const Eigen::VectorXd found = least_l1(model.W, model.W * x, signs).x;
    recovered += is_recovered(found, x) ? 1U : 0U;
  }
  return {{{"recovered", double(recovered) / double(trials)}}, {}};
}

const CellKind recovery_phase_kind{"recovery phase", 3, &compute_recovery_phase};

/// Slope and curvature of the log-likelihood of logit(P) = a − b ρ by (a, b).
struct Likelihood {
  Eigen::Vector2d slope = Eigen::Vector2d::Zero();
  Eigen::Matrix2d information = Eigen::Matrix2d::Zero();
};

Likelihood likelihood_at(const Eigen::Vector2d& ab, const std::vector<double>& rho,
                         const std::vector<double>& shares, std::size_t trials) {
  Likelihood likelihood;
  for (std::size_t i = 0; i < rho.size(); ++i) {
    const Eigen::Vector2d by(1.0, -rho[i]);
    const double p = 1.0 / (1.0 + std::exp(-ab.dot(by)));
    likelihood.slope += double(trials) * (shares[i] - p) * by;
    likelihood.information += double(trials) * p * (1.0 - p) * by * by.transpose();
  }
  // A prior, flat on the scale of what is found, without which a clean step has no finite slope.
  constexpr double steepest = 400.0;
  likelihood.slope[1] -= ab[1] / (steepest * steepest);
  likelihood.information(1, 1) += 1.0 / (steepest * steepest);
  likelihood.information(0, 0) += 1e-9;
  return likelihood;
}

Eigen::Matrix2d inverse_of_2x2(const Eigen::Matrix2d& J) {
  Eigen::Matrix2d inverse;
  inverse << J(1, 1), -J(0, 1), -J(1, 0), J(0, 0);
  return inverse / (J(0, 0) * J(1, 1) - J(0, 1) * J(1, 0));
}

}  // namespace

std::vector<double> recovered_shares(RunStore& store, const std::vector<RecoveryPhaseCell>& cells,
                                     std::size_t threads) {
  std::vector<SweepCell> trials;
  for (const RecoveryPhaseCell& cell : cells) {
    trials.push_back({&recovery_phase_kind,
                      {{"n", cell.n},
                       {"m", cell.m},
                       {"active", cell.active},
                       {"signs", cell.signs == Signs::any ? signed_name : nonnegative_name},
                       {"trials", cell.trials},
                       {"seed", cell.seed}}});
  }
  std::vector<double> shares;
  for (const StoredCell& found : sweep(store, "recovery phase", trials, threads)) {
    shares.push_back(found.result.at("recovered").get<double>());
  }
  return shares;
}

HalfPoint half_point(const std::vector<double>& rho, const std::vector<double>& shares, std::size_t trials) {
  // Begun at the ρ where as much is recovered above as is not below, with a gentle slope.
  double middle = rho.front();
  for (std::size_t i = 0; i + 1 < rho.size(); ++i) {
    middle += 0.5 * (shares[i] + shares[i + 1]) * (rho[i + 1] - rho[i]);
  }
  constexpr double gentle = 10.0;
  Eigen::Vector2d ab(gentle * middle, gentle);
  constexpr int most_steps = 200;
  for (int k = 0; k < most_steps; ++k) {
    const Likelihood likelihood = likelihood_at(ab, rho, shares, trials);
    Eigen::Vector2d step = inverse_of_2x2(likelihood.information) * likelihood.slope;
    const double longest = 0.5 * std::abs(ab[1]) + 1.0;
    const double size = step.cwiseAbs().maxCoeff();
    if (size > longest) step *= longest / size;
    ab += step;
    if (size < 1e-10) break;
  }
  // r = a/b; its variance by the inverse information.
  const double r = ab[0] / ab[1];
  const Eigen::Vector2d by(1.0 / ab[1], -r / ab[1]);
  const Eigen::Matrix2d spread = inverse_of_2x2(likelihood_at(ab, rho, shares, trials).information);
  return {r, std::sqrt(by.dot(spread * by))};
}

}  // namespace digon
