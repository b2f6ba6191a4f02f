#include "sweep/sweep.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "core/base/input_error.hpp"
#include "tests/temporary_folder.hpp"

using namespace digon;
using nlohmann::json;

namespace {

std::atomic<int> computed = 0;

StoredCell compute_square(const json& settings, const std::string& given) {
  ++computed;
  const int x = settings.at("x");
  return {{{"square", x * x}, {"given", given}}, {}};
}

const CellKind square_kind{"square of the tests", 1, &compute_square};
const CellKind revised_kind{"revised square of the tests", 2, &compute_square};

std::atomic<int> begun = 0;

/// Waits for another of its kind.
StoredCell compute_waiting(const json& /*settings*/, const std::string& /*given*/) {
  ++begun;
  for (int tenths = 0; begun < 2 && tenths < 100; ++tenths) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return {begun < 2 ? "alone" : "met", {}};
}

const CellKind waiting_kind{"waiting of the tests", 1, &compute_waiting};

std::vector<SweepCell> squares(int count) {
  std::vector<SweepCell> cells;
  for (int x = 0; x < count; ++x) cells.push_back({&square_kind, {{"x", x}}, "g"});
  return cells;
}

}  // namespace

TEST_CASE("a sweep returns its cells in their order, and computes none twice") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  computed = 0;
  const std::vector<StoredCell> first = sweep(store, "squares", squares(20), 4);
  REQUIRE(first.size() == 20);
  for (int x = 0; x < 20; ++x) {
    CHECK(first[std::size_t(x)].result.at("square") == x * x);
    CHECK(first[std::size_t(x)].result.at("given") == "g");
  }
  CHECK(computed == 20);
  const std::vector<StoredCell> longer = sweep(store, "squares", squares(25), 2);
  CHECK(computed == 25);
  CHECK(longer[3].result == first[3].result);
}

TEST_CASE("cells of several experiments are computed side by side, one that two have once, as the first's") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  computed = 0;
  compute_missing(store, "both", {{"four", squares(4)}, {"six", squares(6)}, {"none", {}}}, 3);
  CHECK(computed == 6);
  CHECK(store.rows("four").size() == 4);
  CHECK(store.rows("six").size() == 2);
  CHECK(sweep(store, "six", squares(6), 1)[5].result.at("square") == 25);
  CHECK(computed == 6);
  if (std::thread::hardware_concurrency() < 2) return;
  begun = 0;
  compute_missing(store, "both", {{"one", {{&waiting_kind, 1}}}, {"other", {{&waiting_kind, 2}}}}, 2);
  for (const int k : {1, 2}) CHECK(store.find({waiting_kind.name(), 1, k})->result == "met");
}

TEST_CASE("a kind is found by its name, which no other kind may take") {
  CHECK(&find_cell_kind("square of the tests") == &square_kind);
  CHECK(find_cell_kind("revised square of the tests").version() == 2);
  CHECK_THROWS_AS(find_cell_kind("cube"), std::logic_error);
  CHECK_THROWS_AS(CellKind("square of the tests", 3, &compute_square), std::logic_error);
}

TEST_CASE("shards leave each other's cells; merged, the sweep comes to its end") {
  const TemporaryFolder folder;
  const std::filesystem::path whole = folder.path() / "results.db";
  computed = 0;
  for (std::size_t shard = 0; shard < 3; ++shard) {
    RunStore store(folder.path() / ("shard-" + std::to_string(shard)), {shard, 3}, {{"run", 1}}, whole);
    CHECK_THROWS_AS(sweep(store, "squares", squares(30), 1), LeftToShards);
    // A sweep of this shard's cells alone leaves nothing to the others.
    std::vector<SweepCell> own;
    for (const SweepCell& cell : squares(30)) {
      if (store.computes(cell.key())) own.push_back(cell);
    }
    CHECK(sweep(store, "squares", own, 1).size() == own.size());
  }
  CHECK(computed == 30);
  RunStore store(whole);
  for (int shard = 0; shard < 3; ++shard) store.merge(folder.path() / ("shard-" + std::to_string(shard)));
  CHECK(sweep(store, "squares", squares(30), 1).size() == 30);
  CHECK(computed == 30);
}

TEST_CASE("what a cell throws ends the sweep") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  CHECK_THROWS_AS(sweep(store, "squares", {{&square_kind, {{"y", 1}}}}, 1), json::exception);
}
