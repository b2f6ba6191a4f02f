#include "theory/search/evolution.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <thread>

#include "core/base/parallel.hpp"

using namespace digon;

namespace {

/// One column of numbers, each in a double well of its own whose left side is lower by a little: 2ⁿ minima,
/// the lowest with all on the left. A descent goes to the bottom of the wells it is in.
EvolutionProblem wells(Eigen::Index n) {
  EvolutionProblem problem;
  problem.start = [n](RandomDraws& random) {
    Eigen::MatrixXd columns(1, n);
    for (Eigen::Index i = 0; i < n; ++i) columns(0, i) = random.uniform() < 0.15 ? -1.0 : 1.0;
    return columns;
  };
  problem.moves = {
      {"flip", [](const Individual& member, const std::vector<Individual>& /*pool*/, RandomDraws& random) {
         Eigen::MatrixXd columns = member.columns;
         columns(0, Eigen::Index(random.below(std::size_t(columns.cols())))) *= -1.0;
         return columns;
       }}};
  problem.descend = [](const Eigen::MatrixXd& from, double bar) -> std::optional<Individual> {
    double value = 1.0;
    for (Eigen::Index i = 0; i < from.cols(); ++i) value += from(0, i) < 0.0 ? 0.0 : 0.1 + 0.01 * double(i);
    if (value > bar) return std::nullopt;
    return Individual{from, value};
  };
  return problem;
}

}  // namespace

TEST_CASE("a population finds what fresh starts do not") {
  EvolutionOptions options;
  options.descents = 3000;
  const Population found = evolve(wells(16), options, 1);
  CHECK(found.pool.front().value == 1.0);
  options.fresh_share = 1.0;
  EvolutionProblem fresh = wells(16);
  fresh.moves.clear();  // 0.15¹⁶
  CHECK(evolve(fresh, options, 1).pool.front().value > 1.0);
}

TEST_CASE("a pool is ascending, distinct, and no larger than asked for") {
  EvolutionOptions options;
  options.pool = 5;
  options.descents = 400;
  const Population found = evolve(wells(10), options, 3);
  REQUIRE(found.pool.size() == 5);
  for (std::size_t k = 1; k < found.pool.size(); ++k) {
    CHECK(found.pool[k].value > found.pool[k - 1].value * (1.0 + 1e-9));
  }
  std::size_t tried = 0;
  for (const MoveCount& move : found.moves) tried += move.tried;
  CHECK(tried == found.descents);
  CHECK(found.given_up > 0);
}

TEST_CASE("a population depends on its seed, and ends where it is told to") {
  EvolutionOptions options;
  options.descents = 200;
  const Population one = evolve(wells(12), options, 7);
  const Population same = evolve(wells(12), options, 7);
  CHECK(one.pool.front().columns == same.pool.front().columns);
  CHECK(one.descents == same.descents);
  CHECK(evolve(wells(12), options, 8).pool.back().columns != one.pool.back().columns);
  options.out_of_time = [] { return true; };
  CHECK(evolve(wells(12), options, 7).descents == 0);
}

TEST_CASE("given starts are descended from first") {
  EvolutionOptions options;
  options.descents = 1;
  const Eigen::MatrixXd best = Eigen::MatrixXd::Constant(1, 12, -1.0);
  CHECK(evolve(wells(12), options, 1, {best}).pool.front().value == 1.0);
}

TEST_CASE("heats lead from problems that are easier to one that misleads") {
  // The lowest value has all on the left; everywhere else fewer on the left are better, but where the columns
  // count alike it is the other way round.
  const auto misleading = [](double power, auto& self) -> EvolutionProblem {
    EvolutionProblem problem = wells(12);
    problem.descend = [power](const Eigen::MatrixXd& from, double bar) -> std::optional<Individual> {
      const auto left = double((from.array() < 0.0).count());
      const double value = left == 12.0 ? 1.0 : power < 0.9 ? 2.0 - left / 13.0 : 1.1 + left / 13.0;
      if (value > bar) return std::nullopt;
      return Individual{from, value};
    };
    problem.levelled = [&self](double to) { return self(to, self); };
    return problem;
  };
  EvolutionOptions options;
  options.pool = 4;
  options.descents = 4000;
  options.heats = 5;
  const Population found = evolve(misleading(1.0, misleading), options, 1);
  CHECK(found.pool.front().value == 1.0);
  CHECK(found.descents <= options.descents);
  // Out of time in the first heat: what it came to is kept.
  std::atomic<std::size_t> asked = 0;
  options.out_of_time = [&] { return ++asked > 20; };
  CHECK(!evolve(misleading(1.0, misleading), options, 1).pool.empty());
  options.out_of_time = [] { return false; };
  options.heats = 1;
  CHECK(evolve(misleading(1.0, misleading), options, 1).pool.front().value > 1.0);
}

TEST_CASE("a population ends where all of its heats came to the lowest value") {
  EvolutionProblem problem = wells(12);
  problem.levelled = [](double) { return wells(12); };
  EvolutionOptions options;
  options.heats = 5;
  options.hits = 1'000'000;
  const Population found = evolve(problem, options, 1);
  CHECK(found.pool.front().value == 1.0);
  // Steps from powers 1, 0.8, 0.6, 0.4 and 0.2 to the problem itself.
  CHECK(found.descents == (1 + 3 + 4 + 5 + 5) * options.heat_descents);
  for (std::size_t k = 1; k < found.pool.size(); ++k) CHECK(found.pool[k].value > found.pool[k - 1].value);
  // Where no two agree the pool goes on.
  std::atomic<int> descents = 0;
  problem.descend = [&](const Eigen::MatrixXd& from, double) {
    return Individual{from, 1.0 - 1e-4 * ++descents};
  };
  problem.levelled = [&](double) { return problem; };
  options.descents = 8000;
  CHECK(evolve(problem, options, 1).descents == options.descents);
}

TEST_CASE("heats on several threads come to the same") {
  std::atomic<std::size_t> at_work = 0;
  std::atomic<std::size_t> awaited = 1;  // descents of several heats
  std::atomic<bool> together = false;
  std::chrono::steady_clock::time_point end;  // of waiting
  EvolutionProblem problem = wells(16);
  problem.levelled = [&](double) {
    EvolutionProblem easier = wells(16);
    easier.descend = [&, descend = easier.descend](const Eigen::MatrixXd& from, double bar) {
      ++at_work;
      while (!together && std::chrono::steady_clock::now() < end) {
        if (at_work >= awaited) together = true;
      }
      --at_work;
      return descend(from, bar);
    };
    return easier;
  };
  EvolutionOptions options;
  options.heats = 5;
  options.hits = 1'000'000;
  options.descents = 1600;
  options.pool = 8;
  std::vector<double> told;
  options.progress = [&](double lowest) { told.push_back(lowest); };
  const auto population = [&](std::size_t threads) {
    told.clear();
    awaited = threads;
    together = false;
    end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    Population found;
    parallel_for(1, threads, [&](std::size_t) { found = evolve(problem, options, 5); });
    CHECK(std::is_sorted(told.rbegin(), told.rend()));
    CHECK(together);
    return found;
  };
  const Population one = population(1);
  const Population two = population(2);
  CHECK(one.descents == two.descents);
  CHECK(one.given_up == two.given_up);
  REQUIRE(one.pool.size() == two.pool.size());
  for (std::size_t k = 0; k < one.pool.size(); ++k) CHECK(one.pool[k].columns == two.pool[k].columns);
  for (std::size_t k = 0; k < one.moves.size(); ++k) CHECK(one.moves[k].entered == two.moves[k].entered);
}

TEST_CASE("of several drafts the best descends, and none twice") {
  EvolutionProblem problem = wells(40);
  const auto descend = problem.descend;
  problem.value = [=](const Eigen::MatrixXd& columns) { return descend(columns, 1e9)->value; };
  EvolutionOptions options;
  options.fresh_share = 0.0;
  options.descents = 60;
  const auto lowest = [&] { return evolve(problem, options, 1).pool.front().value; };
  options.pool = 2;
  const double plain = lowest();
  options.drafts = 20;
  CHECK(lowest() < plain - 1.0);
}
