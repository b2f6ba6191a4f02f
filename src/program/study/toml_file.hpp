#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace digon {

// TOML is parsed here alone.

/// A value as words, in the form a command's options have them: numbers, texts, or a list of either.
struct TomlValue {
  std::vector<std::string> texts;  ///< one, or those of a list
  bool is_list = false;
  std::size_t line = 0;  ///< where it stands, counted from 1
};

struct TomlEntry {
  std::string key;
  TomlValue value;
};

/// A [table], or one of [[several]] of one name.
struct TomlTable {
  std::string name;
  std::size_t line = 0;
  bool is_one_of_several = false;
  std::vector<TomlEntry> entries;  ///< in the order of the file
};

struct TomlFile {
  std::string name;  ///< as InputErrors name it
  std::vector<TomlEntry> entries;
  std::vector<TomlTable> tables;  ///< in the order of the file
};

/// Reads a TOML text. Throws InputError "NAME:LINE: …" where it is none, or has a table in a table, a date, a
/// truth value or a list in a list.
TomlFile parse_toml(std::string_view text, const std::string& name);

/// Throws InputError "NAME:LINE: WHAT".
[[noreturn]] void reject_line(const std::string& name, std::size_t line, const std::string& what);

}  // namespace digon
