#include "theory/optima/optimum.hpp"

#include <cmath>
#include <stdexcept>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

constexpr SameMinimum same_loss{.relative = 1e-6, .absolute = 1e-15};

/// The descent from a model; nothing where the loss cannot be evaluated there.
std::optional<Descent> descend_if_possible(const Objective& objective, const ToyModel& start) {
  try {
    return descend(objective, start);
  } catch (const ToleranceError&) {
    return std::nullopt;
  }
}

// Columns in random directions with norms from 0 to about 1.5. No biases: where features are sparse, a
// positive one costs all and a negative one leaves outputs that nothing turns on.
ToyModel random_start(ModelKind kind, Eigen::Index features, Eigen::Index hidden, std::uint64_t seed,
                      std::size_t k) {
  std::vector<double> normal(std::size_t(hidden * features));
  fill_standard_normal(normal, {derive_seed(seed, k), Purpose::initial_weights});
  ToyModel model{
      0.8 / std::sqrt(double(hidden)) * Eigen::Map<const Eigen::MatrixXd>(normal.data(), hidden, features),
      Eigen::VectorXd::Zero(features), kind};
  // An output that a lone feature drives below 0 never learns, as in training.
  if (!is_tied(kind)) model.W_out = model.W.cwiseAbs().transpose();
  return model;
}

}  // namespace

std::optional<Descent> descent_from_start(const Objective& objective, Eigen::Index features,
                                          Eigen::Index hidden, std::uint64_t seed, std::size_t k) {
  return descend_if_possible(objective, random_start(objective.kind, features, hidden, seed, k));
}

std::vector<LocalMinimum> find_minima(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                                      const OptimumOptions& options, const std::vector<ToyModel>& given,
                                      const RunStarts<Descent>& run) {
  if (features < 1) reject("features: {} given; at least 1 is needed", features);
  if (hidden < 1) reject("hidden: {} given; at least 1 is needed", hidden);
  const std::size_t count = given.size() + options.starts;
  if (count == 0) reject("starts: 0 given; at least 1 is needed");
  const Start<Descent> start = [&](std::size_t k) {
    return k < given.size() ? descend_if_possible(objective, given[k])
                            : descent_from_start(objective, features, hidden, options.seed, k - given.size());
  };
  return multi_start(count, start, &Descent::loss, same_loss, run ? run : on_threads<Descent>(options));
}

const Descent& lowest(const std::vector<LocalMinimum>& minima) {
  if (!minima.empty()) return minima.front().at;
  if (interrupted()) throw Interrupted();
  throw std::runtime_error("optimum: no start could be evaluated");
}

}  // namespace digon
