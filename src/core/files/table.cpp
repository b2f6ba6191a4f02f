#include "core/files/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "core/base/atomic_file.hpp"

namespace digon {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

void append_csv_line(std::string& csv, const std::vector<std::string>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) csv += ',';
    csv += quoted(entries[i]);
  }
  csv += '\n';
}

std::vector<std::string> entries_of(const std::string& line) {
  std::vector<std::string> entries(1);
  bool quoted = false;
  for (const char letter : line) {
    if (letter == '"') {
      quoted = !quoted;
    } else if (letter == ',' && !quoted) {
      entries.emplace_back();
    } else {
      entries.back() += letter;
    }
  }
  return entries;
}

}  // namespace

void Table::add_row(std::vector<std::string> entries) {
  if (entries.size() != columns.size()) throw std::logic_error("a table row needs one entry a column");
  rows.push_back(std::move(entries));
}

std::string text_of(double value) {
  return fmt::format("{}", value);
}
std::string text_of(std::size_t value) {
  return fmt::format("{}", value);
}

void write_csv(const std::filesystem::path& path, const Table& table) {
  std::string csv;
  append_csv_line(csv, table.columns);
  for (const auto& row : table.rows) append_csv_line(csv, row);
  write_file_atomically(path, csv);
}

Table parse_csv(std::string_view text) {
  Table table;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (table.columns.empty()) {
      table.columns = entries_of(line);
    } else {
      table.add_row(entries_of(line));
    }
  }
  return table;
}

std::string to_text(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(column.size());
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& entries) {
    std::string line;
    for (std::size_t i = 0; i < entries.size(); ++i) line += fmt::format("{:<{}}  ", entries[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  append(table.columns);
  for (const auto& row : table.rows) append(row);
  return text;
}

}  // namespace digon
