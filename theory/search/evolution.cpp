#include "theory/search/evolution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"

namespace digon {
namespace {

/// Fresh starts as a move of their own, counted with the others.
constexpr const char* fresh = "fresh start";

class Evolution {
 public:
  Evolution(const EvolutionProblem& problem, const EvolutionOptions& options, std::uint64_t seed)
      : problem_(problem), options_(options), random_(seed) {
    for (const Move& move : problem.moves) population_.moves.push_back({move.name});
    population_.moves.push_back({fresh});
  }

  Population run(const std::vector<Eigen::MatrixXd>& given) {
    std::size_t next_given = 0;
    while (population_.descents < options_.descents &&
           since_improvement_ < std::max(options_.patience, until_lowest_) &&
           population_.hits < options_.hits && !interrupted() && !options_.out_of_time()) {
      MoveCount& count = population_.moves[choose()];
      const Eigen::MatrixXd from = next_given < given.size() ? given[next_given++] : changed(count);
      const std::optional<Individual> found = problem_.descend(from, bar());
      if (interrupted()) break;  // what was cut short is no result
      take(found, count);
      options_.progress(lowest());
    }
    return std::move(population_);
  }

 private:
  [[nodiscard]] bool is_full() const { return population_.pool.size() == options_.pool; }
  [[nodiscard]] bool is_fresh(const MoveCount& count) const { return &count == &population_.moves.back(); }
  [[nodiscard]] double lowest() const {
    return population_.pool.empty() ? std::numeric_limits<double>::infinity()
                                    : population_.pool.front().value;
  }
  /// What a descent must come below to be of use.
  [[nodiscard]] double bar() const {
    return is_full() ? population_.pool.back().value : std::numeric_limits<double>::infinity();
  }

  std::size_t choose() {
    const std::size_t moves = problem_.moves.size();
    const double fresh_share = population_.pool.size() < 2 ? 1.0 : is_full() ? options_.fresh_share : 0.5;
    if (moves == 0 || random_.uniform() < fresh_share) return moves;
    // Moves are tried as often as their descents have entered the pool so far.
    double total = 0.0;
    for (std::size_t k = 0; k < moves; ++k) total += promise(population_.moves[k]);
    double left = random_.uniform() * total;
    for (std::size_t k = 0; k + 1 < moves; ++k) {
      left -= promise(population_.moves[k]);
      if (left < 0.0) return k;
    }
    return moves - 1;
  }
  static double promise(const MoveCount& count) {
    constexpr double untried = 4.0;  // entries of this many tries, so that no move is given up for good
    constexpr double tries = 40.0;
    return (double(count.entered) + untried) / (double(count.tried) + tries);
  }

  Eigen::MatrixXd changed(MoveCount& count) {
    ++count.tried;
    const auto k = std::size_t(&count - population_.moves.data());
    if (k == problem_.moves.size()) return problem_.start(random_);
    const Individual& member = population_.pool[random_.below(population_.pool.size())];
    Eigen::MatrixXd best = problem_.moves[k].apply(member, population_.pool, random_);
    if (!problem_.value || options_.drafts <= 1) return best;
    double least = worth(best, member);
    for (std::size_t draft = 1; draft < options_.drafts; ++draft) {
      Eigen::MatrixXd other = problem_.moves[k].apply(member, population_.pool, random_);
      const double value = worth(other, member);
      if (value >= least) continue;
      least = value;
      best = std::move(other);
    }
    descended_.push_back(least);
    return best;
  }

  /// What a changed copy is worth before its descent: nothing where it is the member itself, or where one
  /// has descended from there.
  [[nodiscard]] double worth(const Eigen::MatrixXd& changed, const Individual& member) const {
    const double value = problem_.value(changed);
    const auto is_same = [&](double other) { return std::abs(value - other) <= 1e-9 * std::abs(value); };
    const bool is_known = is_same(member.value) || std::any_of(descended_.begin(), descended_.end(), is_same);
    return is_known ? std::numeric_limits<double>::infinity() : value;
  }

  void take(const std::optional<Individual>& found, MoveCount& count) {
    ++population_.descents;
    ++since_improvement_;
    if (!found) {
      ++population_.given_up;
      return;
    }
    std::vector<Individual>& pool = population_.pool;
    if (!pool.empty() && problem_.same.holds(found->value, lowest()) &&
        problem_.same.holds(lowest(), found->value)) {
      if (is_fresh(count)) ++population_.hits;
      if (found->value < lowest()) pool.front() = *found;
      return;
    }
    if (found->value < lowest()) {
      since_improvement_ = 0;
      until_lowest_ = population_.descents;
      population_.hits = is_fresh(count) ? 1 : 0;
      ++count.improved;
    }
    const auto at = std::lower_bound(pool.begin(), pool.end(), found->value,
                                     [](const Individual& one, double value) { return one.value < value; });
    const bool known = (at != pool.end() && problem_.same.holds(at->value, found->value)) ||
                       (at != pool.begin() && problem_.same.holds(found->value, (at - 1)->value));
    if (known || found->value >= bar()) return;
    ++count.entered;
    pool.insert(at, *found);
    if (pool.size() > options_.pool) pool.pop_back();
  }

  const EvolutionProblem& problem_;
  const EvolutionOptions& options_;
  RandomDraws random_;
  Population population_;
  std::size_t since_improvement_ = 0;
  std::size_t until_lowest_ = 0;
  std::vector<double> descended_;  // what drafts were worth that descended
};

}  // namespace

Move move_of(std::string name,
             std::function<void(Eigen::MatrixXd&, const std::vector<Individual>&, RandomDraws&)> change) {
  return {std::move(name),
          [change = std::move(change)](const Individual& member, const std::vector<Individual>& pool,
                                       RandomDraws& random) {
            Eigen::MatrixXd columns = member.columns;
            change(columns, pool, random);
            return columns;
          }};
}

namespace {

/// Adds what a part of a population did, but its pool.
void add_counts(Population& sum, const Population& part) {
  sum.descents += part.descents;
  sum.given_up += part.given_up;
  sum.moves.resize(part.moves.size());
  for (std::size_t k = 0; k < part.moves.size(); ++k) {
    sum.moves[k].name = part.moves[k].name;
    sum.moves[k].tried += part.moves[k].tried;
    sum.moves[k].entered += part.moves[k].entered;
    sum.moves[k].improved += part.moves[k].improved;
  }
}

/// The powers of a heat's steps before the problem itself: from 0.4 by 0.7 and 0.85 to 0.925.
std::vector<double> powers_of(const EvolutionProblem& problem, std::size_t heat, std::size_t heats) {
  constexpr double the_problem_itself = 0.95;
  std::vector<double> powers;
  for (double power = 1.0 - double(heat) / double(heats); problem.levelled && power < the_problem_itself;
       power = (1.0 + power) / 2.0) {
    powers.push_back(power);
  }
  return powers;
}

std::vector<Eigen::MatrixXd> columns_of(const std::vector<Individual>& pool) {
  std::vector<Eigen::MatrixXd> columns;
  for (const Individual& member : pool) columns.push_back(member.columns);
  return columns;
}

/// What a heat comes to: the pool and hits of its last step, and what all its steps did. Step k of a
/// population has the k-th seed derived from the population's.
Population run_heat(const EvolutionProblem& problem, const EvolutionOptions& options,
                    const std::vector<double>& powers, std::uint64_t seed, std::size_t first_step,
                    std::vector<Eigen::MatrixXd> from) {
  Population heat;
  const auto run_step = [&](const EvolutionProblem& step, const EvolutionOptions& limits) {
    Population population = Evolution(step, limits, derive_seed(seed, first_step++)).run(from);
    add_counts(heat, population);
    from = columns_of(population.pool);
    heat.pool = std::move(population.pool);
    heat.hits = population.hits;
  };
  EvolutionOptions silent = options;  // the lowest value of another problem is none of this
  silent.progress = [](double) {};
  for (const double power : powers) run_step(problem.levelled(power), silent);
  run_step(problem, options);
  return heat;
}

}  // namespace

Population evolve(const EvolutionProblem& problem, const EvolutionOptions& options, std::uint64_t seed,
                  const std::vector<Eigen::MatrixXd>& given) {
  // A heat has six steps at most: heats take less than the budget.
  const std::size_t in_step =
      std::min(options.heat_descents, options.descents / (8 * std::max<std::size_t>(1, options.heats)));
  if (options.heats <= 1 || in_step == 0) return Evolution(problem, options, seed).run(given);

  std::mutex telling;
  double lowest_told = std::numeric_limits<double>::infinity();
  EvolutionOptions of_heats = options;
  of_heats.pool = std::max<std::size_t>(1, options.pool / 2);
  of_heats.descents = in_step;
  of_heats.progress = [&](double lowest) {
    const std::scoped_lock lock(telling);
    options.progress(lowest_told = std::min(lowest_told, lowest));
  };
  std::vector<std::vector<double>> powers;
  std::vector<std::size_t> steps{0};  // of all heats before
  for (std::size_t heat = 0; heat < options.heats; ++heat) {
    powers.push_back(powers_of(problem, heat, options.heats));
    steps.push_back(steps.back() + powers.back().size() + 1);
  }
  std::vector<Population> heats(options.heats);
  const auto run = [&](std::size_t heat, const std::vector<Eigen::MatrixXd>& from) {
    heats[heat] = run_heat(problem, of_heats, powers[heat], seed, steps[heat], from);
  };
  // Heats know nothing of each other; mostly the first tells where fresh starts find the lowest value.
  run(0, given);
  if (heats[0].hits < options.hits) {
    parallel_for_inside(options.heats - 1, [&](std::size_t k) { run(k + 1, {}); });
  }

  Population done;
  std::size_t step = 0;
  std::vector<Individual> best;  // of all heats
  const std::size_t of_a_heat = std::max<std::size_t>(1, options.pool / (options.heats + 1));
  std::vector<double> lowest;  // of each heat
  for (std::size_t heat = 0; heat < options.heats; ++heat) {
    add_counts(done, heats[heat]);
    step = steps[heat + 1];
    std::vector<Individual>& pool = heats[heat].pool;
    if (pool.empty()) continue;  // out of time, or interrupted
    lowest.push_back(pool.front().value);
    if (heats[heat].hits >= options.hits && (best.empty() || pool.front().value < best.front().value)) {
      best = std::move(pool);  // fresh starts find it
      break;
    }
    best.insert(best.end(), pool.begin(), pool.begin() + std::ptrdiff_t(std::min(of_a_heat, pool.size())));
    std::sort(best.begin(), best.end(),
              [](const Individual& one, const Individual& other) { return one.value < other.value; });
  }
  const auto is_lowest = [&](double value) { return problem.same.holds(value, best.front().value); };
  if (lowest.size() == options.heats && std::all_of(lowest.begin(), lowest.end(), is_lowest)) {
    for (Individual& one : best) {
      if (done.pool.empty() || !problem.same.holds(one.value, done.pool.back().value)) {
        done.pool.push_back(std::move(one));
      }
    }
    return done;
  }
  EvolutionOptions rest = options;
  rest.descents -= done.descents;
  rest.progress = of_heats.progress;
  Population last = Evolution(problem, rest, derive_seed(seed, step)).run(columns_of(best));
  add_counts(done, last);
  done.pool =
      last.pool.empty() ? std::move(best) : std::move(last.pool);  // empty: out of time, or interrupted
  done.hits = last.hits;
  return done;
}

}  // namespace digon
