#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "theory/search/random_draws.hpp"
#include "theory/search/same_minimum.hpp"

namespace digon {

// The global search: a population of minima that descents from changed copies of its members improve.
//
// What is searched are columns: the features of a toy model, W_i over b_i, or the points of a code. A minimum
// of many columns is nearly a minimum of each few of them, so that changing a few and descending again finds
// lower ones far sooner than fresh starts do (docs/search.md has the numbers). A pool of several minima, all
// different, keeps the search from ending in the first. Populations share nothing: where several end at the
// same lowest minimum it is confirmed, where one does it was found once and may not be the optimum.
//
// Example: 20 features in 5 dimensions, importance 0.7^i, density 0.03. Of 64 fresh starts the lowest comes
// to 1.349474e-3; a population of 12 comes to 1.3163389e-3 after some 600 descents, and so do others.

/// A member of a population: the columns at a minimum, and its value.
struct Individual {
  Eigen::MatrixXd columns;
  double value = std::numeric_limits<double>::infinity();
};

/// A change of a member before the next descent. `pool` holds at least the member itself.
struct Move {
  std::string name;
  std::function<Eigen::MatrixXd(const Individual& member, const std::vector<Individual>& pool,
                                RandomDraws& random)>
      apply;
};

/// The move that changes a copy of the member's columns.
Move move_of(
    std::string name,
    std::function<void(Eigen::MatrixXd& columns, const std::vector<Individual>& pool, RandomDraws& random)>
        change);

/// What is searched. Its functions are called from several threads at once where there are heats.
struct EvolutionProblem {
  std::function<Eigen::MatrixXd(RandomDraws& random)> start;  ///< a fresh start
  std::vector<Move> moves;
  /// The minimum a descent from there ends in; nothing where it cannot be evaluated or was given up because
  /// it could not come below `bar`.
  std::function<std::optional<Individual>(const Eigen::MatrixXd& from, double bar)> descend;
  /// Empty, or what columns are worth before a descent.
  std::function<double(const Eigen::MatrixXd& columns)> value = {};
  SameMinimum same{1e-7, 1e-15};
  /// Empty, or the problem in which what tells the columns apart counts to this power: 0, all are alike, to
  /// 1, the problem itself.
  std::function<EvolutionProblem(double power)> levelled = {};
};

struct EvolutionOptions {
  std::size_t pool = 12;  ///< members, all of different value
  /// Pools to begin with, half as large; 1: none but the one that goes on. Where all of them end at the
  /// lowest value the population has ended.
  std::size_t heats = 1;
  std::size_t heat_descents = 200;  ///< of each step of a heat
  std::size_t descents = 20'000;    ///< at most
  /// Changed copies of a member of which the one of least value descends, where the problem knows it, of
  /// those that did not yet.
  std::size_t drafts = 1;
  /// A population ends after so many descents without a lower value, or as many as it took to the lowest, if
  /// that is more.
  std::size_t patience = 500;
  std::size_t hits = 8;       ///< or sooner, where so many fresh starts have come to the lowest value
  double fresh_share = 0.03;  ///< of descents that begin at a fresh start, once the pool is full
  /// Asked before each descent, by several threads where there are heats.
  std::function<bool()> out_of_time = [] { return false; };
  /// Called after each descent with the lowest value so far, by one thread at a time.
  std::function<void(double)> progress = [](double) {};
};

/// How often a move was tried, and how often it led to a new lowest value or into the pool.
struct MoveCount {
  std::string name;
  std::size_t tried = 0;
  std::size_t entered = 0;
  std::size_t improved = 0;
};

/// What a population came to.
struct Population {
  std::vector<Individual> pool;  ///< ascending
  std::size_t descents = 0;
  std::size_t given_up = 0;  ///< descents that could not win
  std::size_t hits = 0;      ///< descents from fresh starts that came to the lowest value
  std::vector<MoveCount> moves;
};

/// Evolves one population from its seed alone, its heats on the threads of the parallel_for that this is
/// called inside of; `given` are starts descended from first. Ends early once interrupted().
Population evolve(const EvolutionProblem& problem, const EvolutionOptions& options, std::uint64_t seed,
                  const std::vector<Eigen::MatrixXd>& given = {});

}  // namespace digon
