#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "theory/optima/optimum.hpp"
#include "theory/optima/optimum_record.hpp"
#include "theory/search/evolution.hpp"

namespace digon {

/// How well a lowest minimum is known: of `populations` that were evolved apart from each other, `agreeing`
/// came to it. One that a record has carries the record's counts and date.
struct Confirmation {
  std::size_t agreeing = 0;
  std::size_t populations = 0;
  std::string recorded = {};  ///< when, as 2026-01-31; empty: now

  /// Found by so many populations that it hardly was by chance. No proof.
  [[nodiscard]] bool is_confirmed() const { return agreeing >= 3; }
};

/// How long the optimum is searched for.
struct OptimumSearchOptions {
  std::size_t populations = 12;  ///< at most; 0: only the descents from what is given
  std::size_t agree = 3;         ///< ends when so many populations have come to the lowest minimum
  std::size_t at_once = 4;       ///< populations between two looks at whether they agree
  /// Of each population; fewer where a descent costs much. Sparse features have many minima within 0.1%: a
  /// small pool soon holds none but those of one arrangement.
  EvolutionOptions evolution = {.pool = 60, .heats = 5, .patience = 2500};
  DescentOptions finish = {};     ///< of the descents on the objective itself
  std::size_t finished = 12;      ///< minima of each population that are finished on it
  bool even_if_recorded = false;  ///< evolve populations where the record has a confirmed minimum
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; the result does not depend on it
  std::function<void(std::size_t)> advance = [](std::size_t) {};  ///< called with populations done
};

/// The same for models of a kind: of a ReLU in the hidden layer, whose descents cost a hundred times as much,
/// four smaller populations.
OptimumSearchOptions search_for(ModelKind kind);

/// What one population came to: its distinct minima under the objective itself, ascending, at most 12, or
/// 4 of models with a ReLU in the hidden layer.
struct PopulationEnd {
  std::vector<Descent> minima;
  std::size_t descents = 0;
  std::size_t given_up = 0;
  std::vector<MoveCount> moves;

  [[nodiscard]] double lowest() const { return minima.front().loss; }
};

/// The k-th population of a search, which descends from the `given` models first. Nothing where no descent
/// could be evaluated.
std::optional<PopulationEnd> population_of_models(const Objective& objective, Eigen::Index features,
                                                  Eigen::Index hidden, const OptimumSearchOptions& options,
                                                  std::size_t k, const std::vector<ToyModel>& given = {});

/// An executor of populations begin … begin + count − 1, as RunStarts is of starts.
using RunPopulations =
    std::function<std::vector<std::optional<PopulationEnd>>(std::size_t begin, std::size_t count)>;

/// The lowest loss known, and how well.
struct OptimumFound {
  std::vector<LocalMinimum> minima;           ///< lowest first; `starts` are the populations that have it
  std::size_t populations = 0;                ///< that were finished
  const RecordedOptimum* recorded = nullptr;  ///< what the record knew, if anything
  double loss_of_recorded = 0.0;              ///< where a descent from that ended
  std::size_t descents = 0;                   ///< of all of them

  [[nodiscard]] const Descent& best() const { return minima.front().at; }
  /// Populations, which share nothing, that came to the lowest minimum: found once is not confirmed.
  [[nodiscard]] Confirmation confirmation() const;
};

/// Minima are told apart by this share of their loss.
inline constexpr SameMinimum same_optimum{.relative = 1e-7, .absolute = 1e-15};

/// The same of an objective of that kind: on fixed samples two arrangements of alike features, which have one
/// loss, differ by some 1e-5.
constexpr SameMinimum same_optimum_of(ModelKind kind) {
  return has_relu_hidden(kind) ? SameMinimum{.relative = 1e-4, .absolute = 1e-15} : same_optimum;
}

/// The global search for the optimum of a model of the objective's kind: populations of models evolve apart
/// from each other (theory/search/evolution.hpp) on the objective's guide, their minima are finished on the
/// objective, until enough of them agree or all are done. The minima that descents from `given` models end
/// in, e.g. trained ones, are among the answers; populations know nothing of them, so that they count as
/// independent. The same of a `recorded` minimum; where that is confirmed no population is evolved unless
/// even_if_recorded. Throws InputError where features < 1, hidden < 1, or populations < 1 and nothing is
/// given, Interrupted where no population was finished.
OptimumFound search_optimum(const Objective& objective, Eigen::Index features, Eigen::Index hidden,
                            const OptimumSearchOptions& options, const std::vector<ToyModel>& given = {},
                            const RunPopulations& run = {}, const RecordedOptimum* recorded = nullptr);

}  // namespace digon
