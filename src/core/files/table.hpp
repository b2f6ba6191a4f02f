#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// A tidy table: one named column a quantity, one row an observation.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// Appends one row; throws std::logic_error if it has not one entry a column.
  void add_row(std::vector<std::string> entries);
};

/// A number as the shortest text that reads back to the same double.
std::string text_of(double value);
std::string text_of(std::size_t value);

/// The table as CSV (RFC 4180), written whole or not at all.
void write_csv(const std::filesystem::path& path, const Table& table);

/// A CSV table without its lines that begin with #; commas between double quotes are text.
Table parse_csv(std::string_view text);

/// The table in aligned columns, for a terminal.
std::string to_text(const Table& table);

}  // namespace digon
