#include <catch2/catch.hpp>

#include "sweep/kinds/optimum_cell.hpp"
#include "sweep/kinds/packing_cell.hpp"

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

TEST_CASE("minima of a model's loss, and of L_1 by represented features") {
  OptimumOptions options;
  options.starts = 6;
  options.seed = 2;
  const SharedObjective objective{uniform_features(3, 0.2)};
  const auto alone = find_minima(objective_of(objective), 3, 2, options);
  const auto shared = find_minima_shared(objective, 2, options);
  REQUIRE(alone.size() == shared.size());
  for (std::size_t k = 0; k < alone.size(); ++k) {
    CHECK(alone[k].at.model.W == shared[k].at.model.W);
    CHECK(alone[k].at.model.b == shared[k].at.model.b);
    CHECK(alone[k].starts == shared[k].starts);
  }
  const auto by_represented = one_sparse_optima(4, 2, options);
  const auto by_represented_shared = one_sparse_optima_shared(4, 2, options);
  REQUIRE(by_represented.size() == by_represented_shared.size());
  for (std::size_t k = 0; k < by_represented.size(); ++k) {
    CHECK(by_represented[k].at.loss == by_represented_shared[k].at.loss);
    CHECK(by_represented[k].hits == by_represented_shared[k].hits);
  }
}
