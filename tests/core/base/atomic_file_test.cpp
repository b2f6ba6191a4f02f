#include "core/base/atomic_file.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "core/base/input_error.hpp"
#include "tests/temporary_folder.hpp"

TEST_CASE("a file is written whole, with its folders, and replaced whole") {
  const digon::TemporaryFolder folder;
  const auto path = folder.path() / "a" / "b" / "file.txt";
  digon::write_file_atomically(path, "first");
  digon::write_file_atomically(path, "second, longer");
  CHECK(digon::read_file(path) == "second, longer");
  // Nothing is left beside it.
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
}

TEST_CASE("a path that cannot be written is refused by name") {
  const digon::TemporaryFolder folder;
  digon::write_file_atomically(folder.path() / "plain", "");
  CHECK_THROWS_WITH(digon::write_file_atomically(folder.path() / "plain" / "below", "x"),
                    Catch::Contains("plain"));
  CHECK_THROWS_AS(digon::require_folder(folder.path() / "plain"), digon::InputError);
  CHECK_THROWS_WITH(digon::read_file(folder.path() / "missing"), Catch::Contains("missing"));
  CHECK_THROWS_WITH(digon::read_file(folder.path()), Catch::Contains("is a folder"));
}
