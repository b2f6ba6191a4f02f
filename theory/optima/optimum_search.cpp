#include "theory/optima/optimum_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/feature_moves.hpp"
#include "theory/optima/neuron_moves.hpp"

namespace digon {
namespace {

/// More parameters than this: a descent takes a second.
constexpr Eigen::Index large_model = 600;

/// Of a population, |Δf| of f: what is kept is finished on the objective itself. Of a large model more
/// descents are worth more than closer ones, by the contour above all.
double evolving_tolerance(const Objective& objective, Eigen::Index features, Eigen::Index hidden) {
  if (has_relu_hidden(objective.kind) || features * (hidden + 1) <= large_model) return 1e-7;
  return objective.has_smooth_guide ? 1e-6 : 1e-5;
}

/// A column a feature: W_i, over what its output reads where that is not W_i, over b_i.
ToyModel model_of(const Eigen::MatrixXd& columns, ModelKind kind) {
  const Eigen::Index m = (columns.rows() - 1) / (is_tied(kind) ? 1 : 2);
  ToyModel model{columns.topRows(m), columns.bottomRows(1).transpose(), kind};
  if (!is_tied(kind)) model.W_out = columns.middleRows(m, m).transpose();
  return model;
}

Eigen::MatrixXd columns_of(const ToyModel& model) {
  Eigen::MatrixXd columns(model.hidden() * (is_tied(model.kind) ? 1 : 2) + 1, model.features());
  columns.topRows(model.hidden()) = model.W;
  if (!is_tied(model.kind)) columns.middleRows(model.hidden(), model.hidden()) = model.W_out.transpose();
  columns.bottomRows(1) = model.b.transpose();
  return columns;
}

/// The descent from a model on the objective itself; nothing where that cannot be evaluated there.
std::optional<Descent> descent_from(const Objective& objective, const ToyModel& model,
                                    const DescentOptions& options) {
  try {
    return with_best_absent_biases(objective, descend(objective, model, options));
  } catch (const ToleranceError&) {
    return std::nullopt;
  }
}

/// In units that know of interference (objective.hpp).
Objective in_units_of_interference(Objective objective) {
  objective.importance.array() += objective.interference;
  return objective;
}

Objective guide_of(const Objective& objective) {
  Objective guide = in_units_of_interference(objective);
  if (objective.guide) guide.loss = objective.guide;
  return guide;
}

/// The same from where a descent on the guide ended; where it is interrupted that model as it is. A guide in
/// closed form costs so little that its minimum is found first, to the end: few steps are left from there.
std::optional<Descent> end_beside_guide(const Objective& objective, const ToyModel& model,
                                        const DescentOptions& options) {
  try {
    if (!interrupted()) {
      const ToyModel beside = objective.has_smooth_guide ? descend(guide_of(objective), model).model : model;
      return with_best_absent_biases(objective,
                                     descend(in_units_of_interference(objective), beside, options));
    }
    const LossGradient loss = objective(model);
    return Descent{model, loss.loss, std::sqrt(loss.by_W.squaredNorm() + loss.by_b.squaredNorm())};
  } catch (const ToleranceError&) {
    return std::nullopt;
  }
}

/// The search for columns W_i over b_i by the objective's guide.
EvolutionProblem evolution_of(const Objective& objective, Eigen::Index features, Eigen::Index hidden) {
  const Objective guide = guide_of(objective);
  EvolutionProblem problem;
  if (has_relu_hidden(objective.kind)) {
    problem.start = [=, kind = objective.kind](RandomDraws& random) {
      return random_circuits(kind, features, hidden, random);
    };
    problem.moves = neuron_moves(objective.kind, hidden, objective.importance);
  } else {
    problem.start = [=](RandomDraws& random) { return random_features(features, hidden, random); };
    problem.moves = feature_moves(objective.importance);
  }
  const double tolerance = evolving_tolerance(objective, features, hidden);
  problem.descend = [=](const Eigen::MatrixXd& from, double bar) -> std::optional<Individual> {
    const DescentOptions descent{.steps = 2000, .function_tolerance = tolerance, .bar = bar};
    try {
      const Descent found =
          with_best_absent_biases(guide, descend(guide, model_of(from, guide.kind), descent));
      if (found.loss > bar) return std::nullopt;
      return Individual{columns_of(found.model), found.loss};
    } catch (const ToleranceError&) {
      return std::nullopt;
    }
  };
  problem.value = [=](const Eigen::MatrixXd& columns) {
    try {
      return guide(model_of(columns, guide.kind)).loss;
    } catch (const ToleranceError&) {
      return std::numeric_limits<double>::infinity();
    }
  };
  problem.same = {
      .relative = has_relu_hidden(objective.kind) ? same_optimum_of(objective.kind).relative : 2e-6,
      .absolute = 1e-15};
  const double greatest = objective.importance.maxCoeff();
  if (objective.of_importance && objective.importance.minCoeff() < greatest) {
    problem.levelled = [=](double power) {
      const Eigen::VectorXd levelled = (objective.importance.array() / greatest).pow(power) * greatest;
      return evolution_of(objective.of_importance(levelled), features, hidden);
    };
  }
  return problem;
}

/// Adds a minimum unless it is there.
void insert_distinct(std::vector<Descent>& minima, Descent found, const SameMinimum& same) {
  const auto at = std::lower_bound(minima.begin(), minima.end(), found.loss,
                                   [](const Descent& one, double loss) { return one.loss < loss; });
  if (at != minima.begin() && same.holds(found.loss, (at - 1)->loss)) return;
  if (at != minima.end() && same.holds(at->loss, found.loss)) {
    *at = std::move(found);
    return;
  }
  minima.insert(at, std::move(found));
}

}  // namespace

OptimumSearchOptions search_for(ModelKind kind) {
  OptimumSearchOptions options;
  if (!has_relu_hidden(kind)) return options;
  options.populations = 4;
  options.finished = 4;
  options.evolution = {.pool = 12, .heats = 1, .descents = options.evolution.descents, .patience = 150};
  return options;
}

std::optional<PopulationEnd> population_of_models(const Objective& objective, Eigen::Index features,
                                                  Eigen::Index hidden, const OptimumSearchOptions& options,
                                                  std::size_t k, const std::vector<ToyModel>& given) {
  const EvolutionProblem problem = evolution_of(objective, features, hidden);
  std::vector<Eigen::MatrixXd> starts;
  for (const ToyModel& model : given) starts.push_back(columns_of(model));
  EvolutionOptions evolution = options.evolution;
  DescentOptions finish = options.finish;
  if (features * (hidden + 1) > large_model) {  // some hundred descents
    evolution.heats = 1;
    evolution.patience = std::min<std::size_t>(evolution.patience, 1200);
    if (!has_relu_hidden(objective.kind)) {
      evolution.pool = std::min<std::size_t>(evolution.pool, 4);
      evolution.drafts = 12;
      evolution.fresh_share = 0.01;
    }
    finish.steps = std::min(finish.steps, 300);
  } else if (!objective.has_smooth_guide) {  // whose descents cost ten times as much
    evolution.patience = std::min<std::size_t>(evolution.patience, 800);
  }
  const Population population = evolve(problem, evolution, derive_seed(options.seed, k), starts);
  PopulationEnd end{{}, population.descents, population.given_up, population.moves};
  // The rest of the pool are for variety: each descent on the objective costs as much as many on the guide.
  std::vector<std::optional<Descent>> finished(std::min(options.finished, population.pool.size()));
  parallel_for_inside(finished.size(), [&](std::size_t rank) {
    if (rank > 0 && (interrupted() || options.evolution.out_of_time())) return;
    const ToyModel model = model_of(population.pool[rank].columns, objective.kind);
    // A minimum of the guide at which the objective cannot be evaluated is none of the objective's.
    finished[rank] = end_beside_guide(objective, model, finish);
  });
  for (std::optional<Descent>& found : finished) {
    if (found) insert_distinct(end.minima, std::move(*found), same_optimum_of(objective.kind));
  }
  if (end.minima.empty()) return std::nullopt;
  return end;
}

Confirmation OptimumFound::confirmation() const {
  if (minima.empty()) return {};
  const std::size_t now = minima.front().hits();
  if (recorded != nullptr && recorded->agreeing > now &&
      same_optimum_of(best().model.kind).holds(loss_of_recorded, best().loss)) {
    return {recorded->agreeing, recorded->populations, recorded->date};
  }
  return {now, populations};
}

OptimumFound search_optimum(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                            const OptimumSearchOptions& options, const std::vector<ToyModel>& given,
                            const RunPopulations& run, const RecordedOptimum* recorded) {
  if (features < 1) reject("features: {} given; at least 1 is needed", features);
  if (hidden < 1) reject("hidden: {} given; at least 1 is needed", hidden);
  if (options.populations < 1 && given.empty() && recorded == nullptr) {
    reject("populations: 0 given; at least 1 is needed where there are no weights to descend from");
  }
  const auto on_threads_here = [&](std::size_t begin, std::size_t count) {
    std::vector<std::optional<PopulationEnd>> ends(count);
    parallel_for(count, options.threads, [&](std::size_t k) {  // one that is interrupted has its best so far
      ends[k] = population_of_models(objective, features, hidden, options, begin + k);
      options.advance(1);
    });
    return ends;
  };
  OptimumFound found;
  found.recorded = recorded;
  // From the given models, and every minimum of every population.
  std::vector<std::optional<Descent>> descents;
  std::vector<std::size_t> population_of;
  constexpr auto none = std::size_t(-1);
  const auto descend_from = [&](const ToyModel& model) {
    descents.push_back(descent_from(objective, model, options.finish));
    population_of.push_back(none);
  };
  for (const ToyModel& model : given) descend_from(model);
  if (recorded != nullptr) {
    descend_from(recorded->model);
    found.loss_of_recorded =
        descents.back() ? descents.back()->loss : std::numeric_limits<double>::infinity();
  }
  const auto take_stock = [&] {
    found.minima = distinct_minima(descents, &Descent::loss, same_optimum_of(objective.kind));
    for (LocalMinimum& minimum : found.minima) {  // its populations, each once
      for (std::size_t& start : minimum.starts) start = population_of[start];
      std::sort(minimum.starts.begin(), minimum.starts.end());
      minimum.starts.erase(std::unique(minimum.starts.begin(), minimum.starts.end()), minimum.starts.end());
      if (!minimum.starts.empty() && minimum.starts.back() == none) minimum.starts.pop_back();
    }
  };
  take_stock();
  const bool is_known =
      recorded != nullptr && found.confirmation().is_confirmed() && !options.even_if_recorded;
  const std::size_t populations = is_known ? 0 : options.populations;
  for (std::size_t begin = 0; begin < populations && !interrupted(); begin += options.at_once) {
    const std::size_t count = std::min(options.at_once, populations - begin);
    const auto ends = run ? run(begin, count) : on_threads_here(begin, count);
    for (std::size_t k = 0; k < ends.size(); ++k) {
      if (!ends[k]) continue;
      ++found.populations;
      found.descents += ends[k]->descents;
      for (const Descent& one : ends[k]->minima) {
        descents.emplace_back(one);
        population_of.push_back(begin + k);
      }
    }
    take_stock();
    if (!found.minima.empty() && found.minima.front().hits() >= options.agree) break;
  }
  if (found.minima.empty()) {
    if (interrupted()) throw Interrupted();
    throw std::runtime_error("optimum: no start could be evaluated");
  }
  return found;
}

}  // namespace digon
