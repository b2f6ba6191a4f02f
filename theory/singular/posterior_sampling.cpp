#include "theory/singular/posterior_sampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "theory/search/hessian.hpp"

namespace digon {
namespace {

constexpr Eigen::Index most_controls = 32;

/// A point of a chain and all that is known of it.
struct State {
  Eigen::VectorXd z;
  Eigen::VectorXd slope;   ///< ∂U/∂z
  double energy = 0.0;     ///< U = nβ (L − L*) + γ ‖w − w*‖²/2
  double excess = 0.0;     ///< nβ (L − L*)
  Eigen::VectorXd offset;  ///< w − w*
};

/// The posterior in the coordinates z.
class Target {
 public:
  Target(const LocalPosterior& posterior, const Curvature& curvature)
      : posterior_(posterior), frame_(curvature.directions), scale_(curvature.eigenvalues.size()) {
    const double flat = 1e-9 * std::max(curvature.eigenvalues.maxCoeff(), 0.0);
    for (Eigen::Index k = 0; k < scale_.size(); ++k) {
      const double curved = curvature.eigenvalues[k] > flat ? curvature.eigenvalues[k] : 0.0;
      scale_[k] = 1.0 / std::sqrt(posterior.inverse_temperature * curved + posterior.localisation);
    }
    Eigen::VectorXd unused(scale_.size());
    lowest_ = posterior.loss({posterior.at.data(), scale_.size()}, {unused.data(), scale_.size()});
    if (!std::isfinite(lowest_)) reject("the loss cannot be evaluated at the point itself");
  }

  [[nodiscard]] Eigen::Index size() const { return scale_.size(); }

  /// False where the loss cannot be evaluated.
  bool evaluate(State& state) const {
    state.offset.noalias() = frame_ * scale_.cwiseProduct(state.z);
    const Eigen::VectorXd w = posterior_.at + state.offset;
    Eigen::VectorXd gradient(size());
    const double loss = posterior_.loss({w.data(), size()}, {gradient.data(), size()});
    if (!std::isfinite(loss) || !gradient.allFinite()) return false;
    state.excess = posterior_.inverse_temperature * (loss - lowest_);
    state.energy = state.excess + 0.5 * posterior_.localisation * state.offset.squaredNorm();
    gradient *= posterior_.inverse_temperature;
    gradient += posterior_.localisation * state.offset;
    state.slope = scale_.cwiseProduct(frame_.transpose() * gradient);
    return true;
  }

  /// Makes coordinates `by` times as wide; states stay where they are.
  void widen(const Eigen::VectorXd& by, State& state) {
    scale_ = scale_.cwiseProduct(by);
    state.z = state.z.cwiseQuotient(by);
    state.slope = state.slope.cwiseProduct(by);
  }

 private:
  const LocalPosterior& posterior_;
  const Eigen::MatrixXd& frame_;
  Eigen::VectorXd scale_;
  double lowest_ = 0.0;
};

/// Nesterov's dual averaging of the logarithm of the step (hoffman2014, §3.2, and its constants).
class StepSize {
 public:
  explicit StepSize(double first) : centre_(std::log(10.0 * first)), log_step_(std::log(first)) {}

  void learn(double acceptance) {
    constexpr double wanted = 0.85;
    constexpr double shrinkage = 0.05;
    constexpr double delay = 10.0;
    constexpr double forgetting = 0.75;
    ++seen_;
    const double weight = 1.0 / (seen_ + delay);
    missing_ += weight * (wanted - acceptance - missing_);
    log_step_ = centre_ - std::sqrt(seen_) / shrinkage * missing_;
    const double share = std::pow(seen_, -forgetting);
    log_mean_ += share * (log_step_ - log_mean_);
  }
  [[nodiscard]] double now() const { return std::exp(log_step_); }
  [[nodiscard]] double learned() const { return std::exp(seen_ > 0.0 ? log_mean_ : log_step_); }

 private:
  double centre_;
  double log_step_;
  double log_mean_ = 0.0;
  double missing_ = 0.0;
  double seen_ = 0.0;
};

class Chain {
 public:
  Chain(const LocalPosterior& posterior, const Curvature& curvature, const SamplingOptions& options,
        std::uint64_t seed)
      : target_(posterior, curvature), options_(options), seed_(seed) {
    state_.z.resize(target_.size());
    // Where the posterior's second-order form would have it, or nearer, where the loss can be evaluated.
    for (double width = 1.0;; width /= 2.0) {
      const RandomStream stream{seed_, Purpose::posterior, next_draw_++};
      fill_standard_normal({state_.z.data(), std::size_t(state_.z.size())}, stream);
      state_.z *= width;
      if (target_.evaluate(state_)) break;
    }
  }

  /// Finds the step, and halfway how wide each coordinate is.
  void warm_up() {
    StepSize step(0.5);
    const Eigen::Index size = target_.size();
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(size);
    Eigen::VectorXd squares = Eigen::VectorXd::Zero(size);
    const std::size_t settled = options_.warm_up / 5;
    const std::size_t half = options_.warm_up / 2;
    for (std::size_t k = 0; k < options_.warm_up; ++k) {
      step.learn(move(step.now()));
      if (k >= settled && k < half) {
        sum += state_.z;
        squares += state_.z.cwiseAbs2();
      }
      if (k + 1 == half && half > settled + 10) {
        const auto count = double(half - settled);
        // Shrunk towards what it was, by as much as ten draws would say.
        const Eigen::VectorXd variance = squares / count - (sum / count).cwiseAbs2();
        target_.widen(((count * variance.array() + 10.0) / (count + 10.0)).sqrt(), state_);
        step = StepSize(step.learned());
        // Valleys of many widths want steps of many lengths: of one they are entered and never left, or never
        // entered.
        constexpr double many = 0.002;
        constexpr double widest_range = 0.03;
        if (double(diverged) > many * double(half)) shortest_ = widest_range;
        diverged = 0;
      }
      options_.advance(1);
    }
    step_ = step.learned();
    acceptance = 0.0;
    diverged = 0;
  }

  void draw() {
    acceptance += move(step_);
    options_.advance(1);
  }

  [[nodiscard]] const State& state() const { return state_; }

  double acceptance = 0.0;  ///< summed
  std::size_t diverged = 0;
  std::size_t evaluations = 0;

 private:
  /// One trajectory; its probability of being accepted.
  double move(double longest_step) {
    throw_if_interrupted();
    constexpr double lost = 1000.0;
    const RandomStream stream{seed_, Purpose::posterior, next_draw_++};
    Eigen::VectorXd momentum(target_.size());
    fill_standard_normal({momentum.data(), std::size_t(momentum.size())}, stream);
    const auto words = stream.block(std::uint64_t(momentum.size()));
    const auto more_words = stream.block(std::uint64_t(momentum.size()) + 1);
    const double energy = state_.energy + 0.5 * momentum.squaredNorm();
    // Steps of one length would never enter what is narrow, trajectories of one length could come round to
    // where they began.
    const double step = longest_step * std::pow(shortest_, open_unit_interval(more_words[0], more_words[1]));
    const double length = 2.0 * options_.trajectory * open_unit_interval(words[0], words[1]);
    const auto steps = std::size_t(std::clamp(std::ceil(length / step), 1.0, double(options_.most_steps)));
    State end = state_;
    for (std::size_t k = 0; k < steps; ++k) {
      momentum -= 0.5 * step * end.slope;
      end.z += step * momentum;
      ++evaluations;
      if (!target_.evaluate(end) || !(end.energy < energy + lost)) {
        ++diverged;
        return 0.0;
      }
      momentum -= 0.5 * step * end.slope;
    }
    const double probability = std::min(1.0, std::exp(energy - end.energy - 0.5 * momentum.squaredNorm()));
    if (open_unit_interval(words[2], words[3]) < probability) state_ = std::move(end);
    return probability;
  }

  Target target_;
  const SamplingOptions& options_;
  std::uint64_t seed_;
  std::uint32_t next_draw_ = 0;
  State state_;
  double step_ = 0.0;
  double shortest_ = 0.5;  ///< step of those that are drawn, evenly in the logarithm, over the longest
};

void require_sampled(const LocalPosterior& posterior, const SamplingOptions& options) {
  if (options.chains < 1) reject("chains: 0 given; at least 1 is needed");
  if (options.draws < 4) reject("draws: {} given; at least 4 are needed", options.draws);
  if (!(posterior.inverse_temperature > 0.0)) {
    reject("nbeta: {} given; accepted: above 0", posterior.inverse_temperature);
  }
  if (!(posterior.localisation > 0.0)) reject("gamma: {} given; accepted: above 0", posterior.localisation);
}

}  // namespace

Curvature curvature_at(const SmoothFunction& loss, const Eigen::VectorXd& at) {
  const Eigen::MatrixXd H = hessian(loss, at);
  if (!H.allFinite()) reject("the loss cannot be evaluated next to the point");
  SymmetricEigen eigen = symmetric_eigen(H);
  return {std::move(eigen.values), std::move(eigen.vectors)};
}

PosteriorDraws draw_posterior(const LocalPosterior& posterior, const Curvature& curvature,
                              const SamplingOptions& options) {
  require_sampled(posterior, options);
  const auto draws = Eigen::Index(options.draws);
  const auto chains = Eigen::Index(options.chains);
  const Eigen::Index directions = posterior.at.size();
  const Eigen::Index groups = std::min(directions, most_controls);
  PosteriorDraws drawn;
  drawn.excess.resize(draws, chains);
  drawn.distance.resize(draws, chains);
  if (options.watch) drawn.watched.resize(draws, chains);
  drawn.controls.setZero(draws * chains, groups);
  struct Account {
    double acceptance = 0.0;
    std::size_t diverged = 0;
    std::size_t evaluations = 0;
  };
  std::vector<Account> accounts(options.chains);
  parallel_for(options.chains, options.threads, [&](std::size_t c) {
    const auto column = Eigen::Index(c);
    Chain chain(posterior, curvature, options, derive_seed(options.seed, c));
    chain.warm_up();
    for (Eigen::Index k = 0; k < draws; ++k) {
      chain.draw();
      const State& state = chain.state();
      drawn.excess(k, column) = state.excess;
      drawn.distance(k, column) = state.offset.squaredNorm();
      if (options.watch) drawn.watched(k, column) = options.watch(posterior.at + state.offset);
      for (Eigen::Index d = 0; d < directions; ++d) {
        drawn.controls(column * draws + k, d * groups / directions) += state.z[d] * state.slope[d] - 1.0;
      }
    }
    accounts[c] = {chain.acceptance, chain.diverged, chain.evaluations};
  });
  for (const Account& account : accounts) {
    drawn.acceptance += account.acceptance / double(drawn.excess.size());
    drawn.diverged += account.diverged;
    drawn.evaluations += account.evaluations;
  }
  return drawn;
}

}  // namespace digon
