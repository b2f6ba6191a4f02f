#include "theory/loss/exact_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/engine/constant_sum.hpp"
#include "theory/engine/count_gradient.hpp"
#include "theory/engine/unit_gradient.hpp"
#include "theory/loss/data_loss.hpp"

namespace digon {
namespace {

/// What a loss is taken for before it is known, as a share of the zero model's, or more where it is.
constexpr double guessed_share = 0.2;

/// Nor is more asked than rounding leaves of sums of terms as large as the zero model's loss.
constexpr double rounding_share = 1e-13;

/// How far the outputs' errors, and their derivatives, may be off where I_j = 1. Where it is not, by 1/√I_j
/// of that, so that what they add to the loss's error goes like √I_j.
struct OutputTolerances {
  double value = 0.0;
  double slope = 0.0;
  std::size_t max_nodes = 0;

  [[nodiscard]] ContourOptions of_output(double importance) const {
    const double looser = importance > 0.0 ? 1.0 / std::sqrt(importance) : 1.0;
    return {.tolerance = looser * value, .slope_tolerance = looser * slope, .max_nodes = max_nodes};
  }
};

/// Every output's error and derivatives, to their tolerances.
std::vector<UnitGradient> unit_gradients(const ToyModel& model, const FeatureDistribution& features,
                                         const OutputTolerances& tolerances, std::size_t threads) {
  const std::vector<OutputUnit> units = output_units(model, features.density, law_of(features));
  std::vector<UnitGradient> gradients(units.size());
  parallel_for(units.size(), threads, [&](std::size_t j) {
    throw_if_given_up();
    const double p = features.density[Eigen::Index(j)];
    const ErrorWeights weights{1.0 - p, p};
    gradients[j] =
        model.kind == ModelKind::linear
            ? linear_unit_gradient(units[j], weights)
            : unit_gradient(units[j], weights, tolerances.of_output(features.importance[Eigen::Index(j)]));
  });
  return gradients;
}

ExactLoss assemble_loss(const FeatureDistribution& features, const std::vector<UnitGradient>& units) {
  const Eigen::Index n = features.features();
  ExactLoss result{0.0, 0.0, Eigen::VectorXd(n), Eigen::VectorXd(n), 0};
  for (Eigen::Index j = 0; j < n; ++j) {
    const UnitGradient& unit = units[std::size_t(j)];
    const double importance = features.importance[j];
    result.reconstruction[j] = importance * features.density[j] * unit.expected.active;
    result.interference[j] = importance * (1.0 - features.density[j]) * unit.expected.inactive;
    result.error += importance * unit.uncertainty;
    result.nodes += unit.nodes;
  }
  result.loss = result.reconstruction.sum() + result.interference.sum();
  return result;
}

LossGradient assemble_gradient(const ToyModel& model, const FeatureDistribution& features,
                               const std::vector<UnitGradient>& units) {
  const Eigen::Index n = features.features();
  const ExactLoss loss = assemble_loss(features, units);
  Eigen::VectorXd by_b(n);
  Eigen::MatrixXd by_G(n, n);  // Γ
  for (Eigen::Index j = 0; j < n; ++j) {
    const UnitGradient& unit = units[std::size_t(j)];
    const double importance = features.importance[j];
    by_b[j] = importance * unit.by_bias;
    by_G(j, j) = importance * unit.by_own;
    by_G.row(j).head(j) = importance * unit.by_others.head(j).transpose();
    by_G.row(j).tail(n - 1 - j) = importance * unit.by_others.tail(n - 1 - j).transpose();
  }
  return {loss.loss, loss.error, product(model.W, by_G + by_G.transpose()), by_b, loss.nodes};
}

/// Calls evaluate(OutputTolerances), which returns something with a loss and its error, until the error is
/// within the tolerance. The outputs' tolerances are absolute but the loss is not known yet: a first guess,
/// then what is needed, then less where it was missed; for the gradient the guess will do. The outputs'
/// errors may add up in the loss, while those of the derivatives stand side by side in a vector whose norm
/// counts.
template <typename Evaluate>
auto to_relative_tolerance(const ToyModel& model, const FeatureDistribution& features,
                           const ExactLossOptions& options, bool with_gradient, Evaluate evaluate) {
  const double zero_loss = zero_model_loss(features);
  const double total_importance = features.importance.sum();
  const double added_up = total_importance > 0.0 ? features.importance.cwiseSqrt().sum() : 1.0;
  const double norm = total_importance > 0.0 ? std::sqrt(total_importance) : 1.0;
  const auto allowed = [&](double loss) {
    return std::max(options.relative_tolerance * std::max(loss, smallest_share * zero_loss),
                    rounding_share * zero_loss);
  };
  double needed = allowed(std::max(guessed_share * zero_loss, loss_of_silence(model, features)));
  OutputTolerances tolerances{.max_nodes = options.max_nodes};
  tolerances.slope = with_gradient ? needed / norm : std::numeric_limits<double>::infinity();
  constexpr int most_attempts = 3;
  double share = 0.5;
  for (int attempt = 1;; ++attempt) {
    tolerances.value = share * needed / added_up;
    auto result = evaluate(tolerances);
    needed = allowed(result.loss);
    if (result.error <= needed || zero_loss == 0.0) return result;
    if (attempt > 1) share *= 0.5 * needed / result.error;
    if (attempt == most_attempts) {
      throw ToleranceError(
          fmt::format("exact loss: relative error {:.1e} achieved, {:.1e} asked for",
                      result.error / std::max(result.loss, std::numeric_limits<double>::min()),
                      options.relative_tolerance));
    }
  }
}

/// At most so many independent distributions make up one with sets.
constexpr std::size_t most_components = 6561;  // 3⁸: eight sets of partial correlation

/// A distribution of independent features and its share of a mixture.
struct Component {
  double share;
  FeatureDistribution features;
};

/// Splits a component by the cases of one set: each fixes which members are on, or leaves them independent.
std::vector<Component> split_by(const FeatureSet& set, const Component& whole) {
  std::vector<Component> cases;
  const Eigen::VectorXd& density = whole.features.density;
  if (set.relation == SetRelation::correlated && set.correlation < 1.0) {
    cases.push_back(whole);
    cases.back().share *= 1.0 - set.correlation;
  }
  const auto add = [&](double probability, auto is_on) {
    if (probability <= 0.0) return;
    Component one = whole;
    one.share *= probability;
    for (const Eigen::Index i : set.members) one.features.density[i] = is_on(i) ? 1.0 : 0.0;
    cases.push_back(std::move(one));
  };
  if (set.relation == SetRelation::correlated) {
    const double rho = set.correlation;
    add(rho * density[set.members.front()], [](Eigen::Index) { return true; });
    add(rho * (1.0 - density[set.members.front()]), [](Eigen::Index) { return false; });
    return cases;
  }
  double off = 1.0;
  for (const Eigen::Index on : set.members) {
    add(density[on], [on](Eigen::Index i) { return i == on; });
    off -= density[on];
  }
  add(off, [](Eigen::Index) { return false; });
  return cases;
}

/// The number of components, or most_components + 1 if there are more.
std::size_t count_components(const FeatureDistribution& features) {
  std::size_t count = 1;
  for (const FeatureSet& set : features.sets) {
    count *= set.relation == SetRelation::anticorrelated ? set.members.size() + 1
             : set.correlation == 1.0                    ? 2
             : set.correlation == 0.0                    ? 1
                                                         : 3;
    if (count > most_components) return most_components + 1;
  }
  return count;
}

/// The distribution as a mixture of independent ones.
std::vector<Component> independent_components(const FeatureDistribution& features) {
  if (count_components(features) > most_components) {
    reject("sets: {} make more than {} cases; the exact loss accepts fewer", features.sets.size(),
           most_components);
  }
  std::vector<Component> components{{1.0, features}};
  components.front().features.sets.clear();
  for (const FeatureSet& set : features.sets) {
    std::vector<Component> finer;
    for (const Component& one : components) {
      for (Component& part : split_by(set, one)) finer.push_back(std::move(part));
    }
    components = std::move(finer);
  }
  return components;
}

void require_exact(const ToyModel& model, const FeatureDistribution& features) {
  validate(model, features);
  require_linear_hidden_layer(model);
}

/// evaluate(model, features) in the unit of values that the engine asks for, and back.
template <typename Evaluate, typename Back>
auto in_unit_of_values(const ToyModel& model, const FeatureDistribution& features, Evaluate evaluate,
                       Back back) {
  const double unit = unit_of(features.values);
  if (unit == 1.0) return evaluate(model, features);
  FeatureDistribution scaled = features;
  scaled.values = in_units(features.values, unit);
  auto result = evaluate({model.W, model.b / unit, model.kind}, scaled);
  back(result, unit);
  return result;
}

ExactLoss mixture_loss(const ToyModel& model, const std::vector<Component>& components,
                       const OutputTolerances& tolerances, std::size_t threads) {
  const Eigen::Index n = model.features();
  ExactLoss sum{0.0, 0.0, Eigen::VectorXd::Zero(n), Eigen::VectorXd::Zero(n), 0};
  for (const auto& [share, independent] : components) {
    const ExactLoss one = assemble_loss(independent, unit_gradients(model, independent, tolerances, threads));
    sum.loss += share * one.loss;
    sum.error += share * one.error;
    sum.reconstruction += share * one.reconstruction;
    sum.interference += share * one.interference;
    sum.nodes += one.nodes;
  }
  return sum;
}

LossGradient mixture_gradient(const ToyModel& model, const std::vector<Component>& components,
                              const OutputTolerances& tolerances, std::size_t threads) {
  LossGradient sum{0.0, 0.0, Eigen::MatrixXd::Zero(model.hidden(), model.features()),
                   Eigen::VectorXd::Zero(model.features()), 0};
  for (const auto& [share, independent] : components) {
    const LossGradient one =
        assemble_gradient(model, independent, unit_gradients(model, independent, tolerances, threads));
    sum.loss += share * one.loss;
    sum.error += share * one.error;
    sum.by_W += share * one.by_W;
    sum.by_b += share * one.by_b;
    sum.nodes += one.nodes;
  }
  return sum;
}

/// Every output's error and derivatives with exactly K active, which are L̄_K's.
std::vector<UnitGradient> count_gradients(const ToyModel& model, const FeatureDistribution& features,
                                          const OutputTolerances& tolerances, std::size_t threads) {
  const std::vector<OutputUnit> units = output_units(model, features.density, law_of(features));
  const auto K = std::size_t(*features.active);
  std::vector<UnitGradient> gradients(units.size());
  parallel_for(units.size(), threads, [&](std::size_t j) {
    throw_if_given_up();
    const double p = features.density[Eigen::Index(j)];
    const ErrorWeights weights{1.0 - p, p};
    gradients[j] = model.kind == ModelKind::linear
                       ? linear_count_gradient(units[j], weights, K)
                       : count_unit_gradient(units[j], weights, K,
                                             tolerances.of_output(features.importance[Eigen::Index(j)]));
  });
  return gradients;
}

}  // namespace

double reachable_tolerance(const FeatureDistribution& features, double asked) {
  constexpr double of_lattice = 1e-5;
  const bool needs_lattice =
      features.values.is_constant() && !features.data && features.features() - 1 > most_in_the_middle;
  return needs_lattice ? std::max(asked, of_lattice) : asked;
}

bool has_exact_loss(ModelKind kind, const FeatureDistribution& features) {
  const bool few = kind == ModelKind::linear || !features.values.is_constant() ||
                   features.features() - 1 <= most_in_the_middle;
  return !has_relu_hidden(kind) && (features.data || (few && count_components(features) <= most_components));
}

ExactLoss exact_loss(const ToyModel& model, const FeatureDistribution& features,
                     const ExactLossOptions& options) {
  if (features.data) return data_loss(model, features, options.threads);
  require_exact(model, features);
  const auto evaluate = [&](const ToyModel& in_units, const FeatureDistribution& law) {
    const std::vector<Component> components = independent_components(law);
    return to_relative_tolerance(in_units, law, options, false, [&](const OutputTolerances& tolerances) {
      if (law.active) {
        return assemble_loss(law, count_gradients(in_units, law, tolerances, options.threads));
      }
      return mixture_loss(in_units, components, tolerances, options.threads);
    });
  };
  return in_unit_of_values(model, features, evaluate, [](ExactLoss& loss, double unit) {
    loss.loss *= unit * unit;
    loss.error *= unit * unit;
    loss.reconstruction *= unit * unit;
    loss.interference *= unit * unit;
  });
}

LossGradient exact_loss_gradient(const ToyModel& model, const FeatureDistribution& features,
                                 const ExactLossOptions& options) {
  if (features.data) return data_loss_gradient(model, features, options.threads);
  require_exact(model, features);
  const auto evaluate = [&](const ToyModel& in_units, const FeatureDistribution& law) {
    const std::vector<Component> components = independent_components(law);
    return to_relative_tolerance(in_units, law, options, true, [&](const OutputTolerances& tolerances) {
      if (law.active) {
        return assemble_gradient(in_units, law, count_gradients(in_units, law, tolerances, options.threads));
      }
      return mixture_gradient(in_units, components, tolerances, options.threads);
    });
  };
  return in_unit_of_values(model, features, evaluate, [](LossGradient& loss, double unit) {
    loss.loss *= unit * unit;
    loss.error *= unit * unit;
    loss.by_W *= unit * unit;
    loss.by_b *= unit;  // b is in units, too
  });
}

double loss_of_silence(const ToyModel& model, const FeatureDistribution& features) {
  const bool others =
      model.kind != ModelKind::relu_output || features.data || features.active || !features.sets.empty();
  if (others) return 0.0;
  const double silent = (1.0 - features.density.array()).prod();
  return silent * (features.importance.array() * model.b.array().max(0.0).square()).sum();
}

double zero_model_loss(const FeatureDistribution& features) {
  if (features.data) {
    return features.importance.dot(features.data->x.rowwise().squaredNorm()) /
           double(features.data->x.cols());
  }
  return scaled_moment(law_of(features), 1.0, 2) * features.importance.dot(features.density);
}

}  // namespace digon
