#include "core/run_store.hpp"

#include <catch2/catch.hpp>

#include "core/atomic_file.hpp"
#include "core/input_error.hpp"
#include "core/parallel.hpp"
#include "tests/temporary_folder.hpp"

using namespace digon;
using nlohmann::json;

TEST_CASE("what is put into a store is found again, by its settings alone") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "results.db";
  const json settings = {{"density", 0.1}, {"seed", 3}};
  {
    RunStore store(file);
    CHECK_FALSE(store.find(settings));
    store.put("one", settings, {{{"loss", 0.25}}, std::string("\0bytes\xff", 7), 1.5});
    store.put("two", {{"density", 0.2}, {"seed", 3}}, {{{"loss", 0.5}}, "", 0.0});
  }
  const RunStore store(file);
  const auto found = store.find({{"seed", 3}, {"density", 0.1}});  // the order of the settings means nothing
  REQUIRE(found);
  CHECK(found->result.at("loss") == 0.25);
  CHECK(found->weights == std::string("\0bytes\xff", 7));
  CHECK(found->seconds == 1.5);
  CHECK_FALSE(store.find({{"density", 0.1}, {"seed", 4}}));
  CHECK(store.rows().size() == 2);
  CHECK(store.rows("two").size() == 1);
  CHECK(store.rows("two")[0].settings.at("density") == 0.2);
}

TEST_CASE("many threads put cells at once") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  parallel_for(200, 4, [&](std::size_t k) { store.put("all", {{"cell", k}}, {{{"k", k}}, "w", 0.0}); });
  CHECK(store.rows().size() == 200);
  CHECK(store.find({{"cell", 117}})->result.at("k") == 117);
}

TEST_CASE("a file that is no store is refused") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "results.db", std::string(4096, 'x'));
  CHECK_THROWS_AS(RunStore(folder.path() / "results.db"), InputError);
}
