// Thomson's problem for 12 points: the lowest energy over random starts, its certificate, and its name.
#include <cstdio>

#include "geometry/named_geometry.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/packing_bounds.hpp"

int main() {
  const digon::PackingEnergy coulomb;
  digon::PackingSearch search;
  search.starts = 8;
  search.seed = 1;
  const digon::PackingResult found = digon::search_packing(coulomb, 12, 3, search);
  const digon::Packing best = digon::polish_packing(coulomb, found.best);
  std::printf("energy %.12f, reached by %zu of %zu starts: %s\n", best.energy, found.hits, found.starts,
              digon::describe_geometry(best.W, digon::packing_tolerance).name.c_str());
  for (const digon::PackingBound& bound : digon::energy_bounds(coulomb, 12, 3)) {
    std::printf("bound %.12f (%s)\n", bound.value, bound.name.c_str());
  }
  const auto known = digon::known_energy(coulomb, 12, 3);
  if (known) std::printf("known %.9f (%s)\n", known->value, known->source.c_str());
}
