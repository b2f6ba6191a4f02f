#include "theory/optima/optimum.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/search/hops.hpp"

namespace digon {
namespace {

/// A search of a guide: so many random models, descended so many steps.
constexpr std::size_t guided_models = 32;
constexpr int guided_steps = 150;

constexpr SameMinimum same_loss{.relative = 1e-6, .absolute = 1e-15};

/// The descent from a model; nothing where the loss cannot be evaluated there.
std::optional<Descent> descend_if_possible(const Objective& objective, const ToyModel& start) {
  try {
    return descend(objective, start);
  } catch (const ToleranceError&) {
    return std::nullopt;
  }
}

/// A model and its loss, infinite where that cannot be evaluated: no descent can begin there.
Descent evaluate_if_possible(const Objective& objective, const ToyModel& model) {
  try {
    return {model, objective(model).loss, 0.0};
  } catch (const ToleranceError&) {
    return {model, std::numeric_limits<double>::infinity(), 0.0};
  }
}

// Columns in random directions with norms from 0 to about 1.5. No biases: where features are sparse, a
// positive one costs all and a negative one leaves outputs that nothing turns on.
ToyModel random_start(Eigen::Index features, Eigen::Index hidden, std::uint64_t seed, std::size_t k) {
  std::vector<double> normal(std::size_t(hidden * features));
  fill_standard_normal(normal, {derive_seed(seed, k), Purpose::initial_weights});
  return {
      0.8 / std::sqrt(double(hidden)) * Eigen::Map<const Eigen::MatrixXd>(normal.data(), hidden, features),
      Eigen::VectorXd::Zero(features)};
}

/// The lowest of guided_models random models that have descended on the guide.
ToyModel guided_start(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                      std::uint64_t seed) {
  const Objective guide{objective.guide, objective.importance};
  const Descent none{random_start(features, hidden, seed, 0), std::numeric_limits<double>::infinity(), 0.0};
  return hop(none, guided_models, &Descent::loss,
             [&](const Descent& /*best*/, std::size_t c) {
               return evaluate_if_possible(
                   objective, descend_steps(guide, random_start(features, hidden, seed, c), guided_steps));
             })
      .model;
}

}  // namespace

std::optional<Descent> descent_from_start(const Objective& objective, Eigen::Index features,
                                          Eigen::Index hidden, std::uint64_t seed, std::size_t k) {
  return descend_if_possible(objective, objective.guide
                                            ? guided_start(objective, features, hidden, derive_seed(seed, k))
                                            : random_start(features, hidden, seed, k));
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
