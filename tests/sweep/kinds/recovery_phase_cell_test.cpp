#include "sweep/kinds/recovery_phase_cell.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/temporary_folder.hpp"

using namespace digon;

TEST_CASE("the half point of a logistic curve is found, and of a clean step") {
  const std::vector<double> rho{0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  std::vector<double> shares;
  for (const double one : rho) shares.push_back(1.0 / (1.0 + std::exp((one - 0.37) / 0.04)));
  const HalfPoint found = half_point(rho, shares, 1000);
  CHECK(found.at == Approx(0.37).epsilon(1e-3));
  CHECK(found.standard_error < 0.01);
  CHECK(half_point(rho, shares, 10).standard_error > 5.0 * found.standard_error);
  CHECK(half_point(rho, {1.0, 1.0, 1.0, 0.0, 0.0, 0.0}, 20).at == Approx(0.35).epsilon(0.05));
}

TEST_CASE("few active entries are recovered, many are not, and more where x >= 0 is known") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  const RecoveryPhaseCell cell{60, 30, 3, Signs::any, 10, 1};
  RecoveryPhaseCell many = cell;
  many.active = 25;
  RecoveryPhaseCell between = cell;
  between.active = 14;  // ρ(0.5) 30 is 11.6 for any sign, 16.7 for x ≥ 0
  RecoveryPhaseCell nonnegative = between;
  nonnegative.signs = Signs::nonnegative;
  const std::vector<double> shares = recovered_shares(store, {cell, many, between, nonnegative}, 1);
  CHECK(shares[0] == 1.0);
  CHECK(shares[1] == 0.0);
  CHECK(shares[2] < shares[3]);
  CHECK(recovered_shares(store, {cell, many, between, nonnegative}, 2) == shares);
}
