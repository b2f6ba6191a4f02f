#include "core/files/table.hpp"

#include <catch2/catch.hpp>

#include "core/base/atomic_file.hpp"
#include "tests/temporary_folder.hpp"

TEST_CASE("a table is CSV with quoted entries where they need it") {
  const digon::TemporaryFolder folder;
  digon::Table table{{"name", "value"}, {}};
  table.add_row({"a, \"b\"", digon::text_of(0.1)});
  digon::write_csv(folder.path() / "t.csv", table);
  CHECK(digon::read_file(folder.path() / "t.csv") == "name,value\n\"a, \"\"b\"\"\",0.1\n");
  CHECK(digon::to_text(table) == "name    value\na, \"b\"  0.1\n");
  CHECK_THROWS_AS(table.add_row({"one"}), std::logic_error);
}

TEST_CASE("a CSV table is read without its comments") {
  const digon::Table table = digon::parse_csv("# of whom\nname,value\n\"a, b\",0.1\n");
  CHECK(table.columns == std::vector<std::string>{"name", "value"});
  REQUIRE(table.rows.size() == 1);
  CHECK(table.rows.front() == std::vector<std::string>{"a, b", "0.1"});
  CHECK_THROWS_AS(digon::parse_csv("name,value\n1\n"), std::logic_error);
}
