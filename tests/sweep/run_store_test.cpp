#include "sweep/run_store.hpp"

#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/parallel.hpp"
#include "tests/temporary_folder.hpp"

using namespace digon;
using nlohmann::json;

TEST_CASE("what is put into a store is found again, by its kind, version and settings alone") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "results.db";
  const CellKey key{"training", 1, {{"density", 0.1}, {"seed", 3}}};
  {
    RunStore store(file);
    CHECK_FALSE(store.find(key));
    store.put("one", key, {{{"loss", 0.25}}, std::string("\0bytes\xff", 7), 1.5});
    store.put("two", {"training", 1, {{"density", 0.2}, {"seed", 3}}}, {{{"loss", 0.5}}, "", 0.0});
  }
  const RunStore store(file);
  const auto found = store.find(
      {"training", 1, {{"seed", 3}, {"density", 0.1}}});  // the order of the settings means nothing
  REQUIRE(found);
  CHECK(found->result.at("loss") == 0.25);
  CHECK(found->weights == std::string("\0bytes\xff", 7));
  CHECK(found->seconds == 1.5);
  CHECK_FALSE(store.find({"training", 1, {{"density", 0.1}, {"seed", 4}}}));
  CHECK_FALSE(store.find({"training", 2, {{"density", 0.1}, {"seed", 3}}}));  // another algorithm
  CHECK_FALSE(store.find({"optimum", 1, {{"density", 0.1}, {"seed", 3}}}));   // another kind
  CHECK(store.rows().size() == 2);
  CHECK(store.rows("two").size() == 1);
  CHECK(store.rows("two")[0].key.settings.at("density") == 0.2);
}

TEST_CASE("many threads put cells at once") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  parallel_for(200, 4, [&](std::size_t k) {
    store.put("all", {"some", 1, {{"cell", k}}}, {{{"k", k}}, "w", 0.0});
  });
  CHECK(store.rows().size() == 200);
  CHECK(store.find({"some", 1, {{"cell", 117}}})->result.at("k") == 117);
}

TEST_CASE("a file that is no store is refused") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "results.db", std::string(4096, 'x'));
  CHECK_THROWS_AS(RunStore(folder.path() / "results.db"), InputError);
}

TEST_CASE("a cell whose numbers were changed on the disk is missing, not found") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "results.db";
  const CellKey key{"training", 1, {{"seed", 3}}};
  const auto change = [&](const char* sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  };
  for (const char* sql : {"UPDATE cells SET result = '{\"loss\":0.26}'", "UPDATE cells SET weights = x'01'",
                          "UPDATE cells SET seconds = 2", "UPDATE cells SET experiment = 'two'",
                          "UPDATE cells SET program = '0'", "UPDATE cells SET checksum = '0'"}) {
    RunStore store(file);
    store.put("one", key, {{{"loss", 0.25}}, "weights", 1.5});
    REQUIRE(store.find(key));
    REQUIRE(store.rows().size() == 1);
    change(sql);
    CAPTURE(sql);
    CHECK_FALSE(store.find(key));
    CHECK_THROWS_WITH(store.rows(), Catch::Contains("is damaged"));
  }
}

TEST_CASE("a store of another layout is refused") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "results.db";
  { const RunStore store(file); }
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "PRAGMA user_version = 2", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  CHECK_THROWS_WITH(RunStore(file), Catch::Contains("another version of Digon"));
}

TEST_CASE("a store keyed in another way is refused, not misread") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "results.db";
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  sqlite3_exec(database, "CREATE TABLE cells (key TEXT, settings TEXT)", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  CHECK_THROWS_AS(RunStore(file), InputError);
}
