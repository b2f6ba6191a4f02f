#include "theory/optima/optimum.hpp"

#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace digon {
namespace {

/// A search of a guide: so many random models, descended so many steps.
constexpr std::size_t guided_models = 32;
constexpr int guided_steps = 150;

/// Minima whose losses differ by less than this share are one.
constexpr double same_loss = 1e-6;

/// The parameters of a model as one array, W column by column and then b.
Eigen::VectorXd flatten(const Eigen::MatrixXd& W, const Eigen::VectorXd& b) {
  Eigen::VectorXd values(W.size() + b.size());
  values << W.reshaped(), b;
  return values;
}

ToyModel unflatten(const double* values, const ToyModel& like) {
  return {Eigen::Map<const Eigen::MatrixXd>(values, like.hidden(), like.features()),
          Eigen::Map<const Eigen::VectorXd>(values + like.W.size(), like.features()), like.kind};
}

/// √I_i for each parameter of feature i, where importance 0 counts as a millionth of the greatest, and 30
/// times that: the first step is 1 long at most, before the line search has seen anything.
Eigen::VectorXd scale_of(const Eigen::VectorXd& importance, Eigen::Index hidden) {
  const double greatest = importance.maxCoeff() > 0.0 ? importance.maxCoeff() : 1.0;
  const Eigen::VectorXd root = 30.0 * (importance / greatest).cwiseMax(1e-6).cwiseSqrt();
  return flatten(root.transpose().replicate(hidden, 1), root);
}

/// The objective as Ceres takes it: of scaled parameters, in units of the loss of the model that always
/// answers 0, so that the minimiser's tolerances mean the same at every density.
class CeresObjective : public ceres::FirstOrderFunction {
 public:
  CeresObjective(const Objective& objective, const ToyModel& start, const Eigen::VectorXd& scale)
      : objective_(objective), start_(start), scale_(scale) {
    const double zero_loss = objective({0.0 * start.W, 0.0 * start.b, start.kind}).loss;
    if (zero_loss > 0.0) unit_ = zero_loss;
  }

  bool Evaluate(const double* scaled, double* cost, double* gradient) const override {
    try {
      const Eigen::VectorXd parameters =
          Eigen::Map<const Eigen::VectorXd>(scaled, scale_.size()).cwiseQuotient(scale_);
      const LossGradient loss = objective_(unflatten(parameters.data(), start_));
      *cost = loss.loss / unit_;
      if (gradient != nullptr) {
        Eigen::Map<Eigen::VectorXd>(gradient, scale_.size()) =
            flatten(loss.by_W, loss.by_b).cwiseQuotient(scale_) / unit_;
      }
      return true;
    } catch (const ToleranceError&) {
      return false;
    } catch (const InputError&) {
      return false;  // a step to infinity
    }
  }
  int NumParameters() const override { return static_cast<int>(scale_.size()); }

 private:
  const Objective& objective_;
  const ToyModel& start_;
  const Eigen::VectorXd& scale_;
  double unit_ = 1.0;
};

/// As descend, for so many steps at most.
ToyModel minimise(const Objective& objective, const ToyModel& start, int steps) {
  const Eigen::VectorXd scale = scale_of(objective.importance, start.hidden());
  const ceres::GradientProblem problem(new CeresObjective(objective, start, scale));  // which takes ownership
  ceres::GradientProblemSolver::Options options;
  options.logging_type = ceres::SILENT;
  options.max_num_iterations = steps;
  options.max_lbfgs_rank = 30;
  options.use_approximate_eigenvalue_bfgs_scaling = true;
  options.function_tolerance = 1e-14;
  options.gradient_tolerance = 1e-10;
  options.parameter_tolerance = 1e-12;
  Eigen::VectorXd parameters = flatten(start.W, start.b).cwiseProduct(scale);
  ceres::GradientProblemSolver::Summary summary;
  ceres::Solve(options, problem, parameters.data(), &summary);
  parameters.array() /= scale.array();
  return unflatten(parameters.data(), start);
}

/// The directions W → ΩW, Ω antisymmetric, one a column [(nm+n) × m(m−1)/2].
Eigen::MatrixXd rotations_of(const ToyModel& model) {
  const Eigen::Index m = model.hidden();
  Eigen::MatrixXd directions((m + 1) * model.features(), m * (m - 1) / 2);
  Eigen::Index column = 0;
  for (Eigen::Index a = 0; a < m; ++a) {
    for (Eigen::Index c = 0; c < a; ++c) {
      Eigen::MatrixXd moved = Eigen::MatrixXd::Zero(m, model.features());
      moved.row(a) = model.W.row(c);
      moved.row(c) = -model.W.row(a);
      directions.col(column++) = flatten(moved, Eigen::VectorXd::Zero(model.features()));
    }
  }
  return directions;
}

}  // namespace

Objective exact_objective(const FeatureDistribution& features, double relative_tolerance) {
  Objective objective{[=](const ToyModel& model) {
                        ExactLossOptions options;
                        options.relative_tolerance = relative_tolerance;
                        return exact_loss_gradient(model, features, options);
                      },
                      features.importance};
  if (features.features() >= 10 && features.sets.empty() && features.has_uniform_density() &&
      features.density.sum() <= 0.5) {
    objective.guide = one_sparse_objective(features.importance).loss;
  }
  return objective;
}

Objective one_sparse_objective(const Eigen::VectorXd& importance) {
  return {[=](const ToyModel& model) { return one_sparse_loss_gradient(model, importance); }, importance};
}

Objective without_biases(const Objective& objective) {
  return {[=](const ToyModel& model) {
            ToyModel unbiased = model;
            unbiased.b.setZero();
            LossGradient loss = objective(unbiased);
            loss.by_b.setZero();
            return loss;
          },
          objective.importance};
}

Descent descend(const Objective& objective, const ToyModel& start) {
  const ToyModel model = minimise(objective, start, 2000);
  const LossGradient loss = objective(model);
  return {model, loss.loss, flatten(loss.by_W, loss.by_b).norm()};
}

std::vector<LocalMinimum> find_minima(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                                      const OptimumOptions& options, const std::vector<ToyModel>& given) {
  if (features < 1) reject("features: {} given; at least 1 is needed", features);
  if (hidden < 1) reject("hidden: {} given; at least 1 is needed", hidden);
  const std::size_t count = given.size() + options.starts;
  if (count == 0) reject("starts: 0 given; at least 1 is needed");
  std::vector<std::optional<Descent>> descents(count);
  parallel_for(count, options.threads, [&](std::size_t k) {
    if (interrupted()) return;
    descents[k] = descend_if_possible(
        objective, k < given.size()
                       ? given[k]
                       : search_start(objective, features, hidden, options.seed, k - given.size()));
    options.advance(1);
  });
  return distinct_minima(descents);
}

std::optional<Descent> descend_if_possible(const Objective& objective, const ToyModel& start) {
  try {
    return descend(objective, start);
  } catch (const ToleranceError&) {
    return std::nullopt;
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

ToyModel search_start(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                      std::uint64_t seed, std::size_t k) {
  if (!objective.guide) return random_start(features, hidden, seed, k);
  const Objective guide{objective.guide, objective.importance};
  ToyModel best = random_start(features, hidden, derive_seed(seed, k), 0);
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < guided_models && !interrupted(); ++c) {
    const ToyModel model =
        minimise(guide, random_start(features, hidden, derive_seed(seed, k), c), guided_steps);
    try {
      const double loss = objective(model).loss;
      if (loss < lowest) {
        lowest = loss;
        best = model;
      }
    } catch (const ToleranceError&) {
      // Where the loss cannot be evaluated no descent can begin.
    }
  }
  return best;
}

std::vector<LocalMinimum> distinct_minima(const std::vector<std::optional<Descent>>& descents) {
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < descents.size(); ++k) {
    if (descents[k]) order.push_back(k);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return descents[a]->loss < descents[b]->loss; });
  std::vector<LocalMinimum> minima;
  for (const std::size_t k : order) {
    if (minima.empty() || descents[k]->loss > minima.back().at.loss * (1.0 + same_loss) + 1e-15) {
      minima.push_back({*descents[k], {}});
    }
    minima.back().starts.push_back(k);
  }
  return minima;
}

const Descent& lowest(const std::vector<LocalMinimum>& minima) {
  if (!minima.empty()) return minima.front().at;
  if (interrupted()) throw Interrupted();
  throw std::runtime_error("optimum: no start could be evaluated");
}

Eigen::MatrixXd hessian(const Objective& objective, const ToyModel& model) {
  constexpr double h = 1e-5;
  const Eigen::VectorXd at = flatten(model.W, model.b);
  const auto gradient = [&](const Eigen::VectorXd& parameters) {
    const LossGradient loss = objective(unflatten(parameters.data(), model));
    return flatten(loss.by_W, loss.by_b);
  };
  Eigen::MatrixXd H(at.size(), at.size());
  for (Eigen::Index k = 0; k < at.size(); ++k) {
    const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(at.size(), k);
    H.col(k) = (gradient(at + step) - gradient(at - step)) / (2.0 * h);
  }
  return (H + H.transpose()) / 2.0;
}

Eigen::VectorXd hessian_eigenvalues(const Eigen::MatrixXd& hessian, const ToyModel& model) {
  const Eigen::MatrixXd rest = orthogonal_to(rotations_of(model));
  return symmetric_eigenvalues(rest.transpose() * hessian * rest);
}

}  // namespace digon
