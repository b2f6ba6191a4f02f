#include <catch2/catch.hpp>

#include "sweep/kinds/optimum_cell.hpp"
#include "sweep/kinds/packing_cell.hpp"
#include "tests/temporary_folder.hpp"

using namespace digon;

// Each start as a cell comes to what the search itself computes, to the last bit.

TEST_CASE("packings: random and given starts, hops") {
  PackingSearch search;
  search.starts = 3;
  search.hops = 2;
  search.seed = 5;
  search.given.push_back(random_points(9, 3, 1));
  const PackingResult alone = search_packing({PairEnergy::log, 0.0}, 9, 3, search);
  const PackingResult shared = search_packing_shared({PairEnergy::log, 0.0}, 9, 3, search);
  CHECK(alone.best.W == shared.best.W);
  CHECK(alone.best.energy == shared.best.energy);
  CHECK(alone.starts == 4);
  CHECK(shared.starts == 4);
  CHECK(alone.hits == shared.hits);
}

TEST_CASE("codes and lines") {
  PackingSearch search;
  search.starts = 3;
  for (const CodeKind kind : {CodeKind::points, CodeKind::lines}) {
    const SphericalCodeResult alone = search_spherical_code(kind, 7, 3, search);
    const SphericalCodeResult shared = search_spherical_code_shared(kind, 7, 3, search);
    CHECK(alone.best.W == shared.best.W);
    CHECK(shared.starts == 3);
    CHECK(alone.hits == shared.hits);
  }
}

TEST_CASE("populations of models, and minima of L_1 by represented features") {
  OptimumSearchOptions search;
  search.seed = 2;
  search.evolution.descents = 30;
  search.populations = 6;
  search.agree = 7;  // more than there are: all are evolved, in two rounds
  const SharedObjective objective{uniform_features(3, 0.2)};
  const OptimumFound alone = search_optimum(objective_of(objective), 3, 2, search);
  const OptimumFound shared = search_optimum_shared(objective, 2, search);
  CHECK(alone.populations == 6);
  CHECK(shared.populations == 6);
  REQUIRE(alone.minima.size() == shared.minima.size());
  for (std::size_t k = 0; k < alone.minima.size(); ++k) {
    CHECK(alone.minima[k].at.model.W == shared.minima[k].at.model.W);
    CHECK(alone.minima[k].at.model.b == shared.minima[k].at.model.b);
    CHECK(alone.minima[k].starts == shared.minima[k].starts);
  }
  // Populations in a store are taken from there: a lower loss put in for the first is believed.
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  search.populations = 2;
  CHECK(search_optimum_shared(objective, 2, search, nullptr, &store).populations == 2);
  CHECK(store.size() == 2);
  search.populations = 6;
  const OptimumFound resumed = search_optimum_shared(objective, 2, search, nullptr, &store);
  CHECK(store.size() == 6);
  CHECK(resumed.best().loss == alone.best().loss);
  CHECK(resumed.minima.front().starts == alone.minima.front().starts);
  StoredRow row = store.rows().front();
  row.cell.result["minima"][0]["loss"] = 1e-3;
  RunStore false_store(folder.path() / "false.db");
  false_store.put("optimum", row.key, row.cell);
  CHECK(search_optimum_shared(objective, 2, search, nullptr, &false_store).best().loss == 1e-3);
  OptimumOptions options;
  options.starts = 6;
  options.seed = 2;
  const auto by_represented = one_sparse_optima(4, 2, options);
  const auto by_represented_shared = one_sparse_optima_shared(4, 2, options);
  REQUIRE(by_represented.size() == by_represented_shared.size());
  for (std::size_t k = 0; k < by_represented.size(); ++k) {
    CHECK(by_represented[k].at.loss == by_represented_shared[k].at.loss);
    CHECK(by_represented[k].hits == by_represented_shared[k].hits);
  }
}
