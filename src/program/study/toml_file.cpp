#include "program/study/toml_file.hpp"

// toml++ 3.3 asserts, of "[ = 1", what it then refuses in an orderly way; with NDEBUG the compiler is told
// that it cannot be.
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <boost/regex/pending/unicode_iterator.hpp>
#include <cctype>
#include <cstdint>
#include <stdexcept>

#include "core/base/input_error.hpp"
#include "core/files/table.hpp"

namespace digon {
namespace {

constexpr const char* accepted_values = "a number, a \"text\", or a [list] of them";

/// One line of what a parser says, or of what a file has for a key.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }, ' ');
  return text;
}

constexpr bool is_ascii(char letter) {
  return static_cast<unsigned char>(letter) < 0x80U;
}

/// Letters beyond ASCII as TOML's escapes: "é" is \U000000E9.
std::string escaped(std::string_view letters, const std::string& name, std::size_t line) {
  using CodePoints = boost::u8_to_u32_iterator<std::string_view::const_iterator>;
  std::string text;
  try {
    const CodePoints end(letters.end(), letters.begin(), letters.end());
    for (CodePoints at(letters.begin(), letters.begin(), letters.end()); at != end; ++at) {
      text += fmt::format("\\U{:08X}", static_cast<std::uint32_t>(*at));
    }
  } catch (const std::out_of_range&) {
    reject_line(name, line, "a text is not UTF-8");
  }
  return text;
}

/// The same TOML in ASCII, without comments: toml++ 3.3 reaches what it calls unreachable on letters beyond
/// ASCII outside texts, also where it reads on after an error. Texts over several lines, which would hide
/// such letters, are nothing that a study needs.
std::string in_ascii(std::string_view text, const std::string& name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  std::string ascii;
  std::size_t line = 1;
  char quote = 0;
  bool is_comment = false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char letter = text[k];
    if (letter == '\n') {
      ++line;
      quote = 0;
      is_comment = false;
    } else if (is_comment) {
      continue;
    } else if (!is_ascii(letter)) {
      if (quote != '"') reject_line(name, line, "is no TOML: a letter beyond ASCII; a text needs \"quotes\"");
      const auto* end = std::find_if(text.begin() + k, text.end(), is_ascii);
      const std::string_view letters(text.begin() + k, end);
      ascii += escaped(letters, name, line);
      k += letters.size() - 1;
      continue;
    } else if (quote != 0) {
      if (letter == quote) quote = 0;
      if (letter == '\\' && quote == '"' && k + 1 < text.size() && is_ascii(text[k + 1]) &&
          text[k + 1] != '\n') {
        ascii += letter;
        ++k;
      }
    } else if (letter == '"' || letter == '\'') {
      if (text.substr(k, 3) == std::string(3, letter)) {
        reject_line(name, line, "a text over several lines given; accepted: of one line");
      }
      quote = letter;
    } else if (letter == '#') {
      is_comment = true;
      continue;
    }
    ascii += text[k];
  }
  return ascii;
}

std::size_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

/// What is read, with the name of the file.
struct Reader {
  const std::string& file;

  [[nodiscard]] std::string text_of_node(const std::string& key, const toml::node& node) const {
    if (const auto* text = node.as_string()) {
      if (text->get().find_first_of("\n\r") == std::string::npos) return text->get();
    }
    if (const auto* whole = node.as_integer()) return fmt::format("{}", whole->get());
    if (const auto* real = node.as_floating_point()) return text_of(real->get());
    reject_line(file, line_of(node), fmt::format("{}: accepted: {}", key, accepted_values));
  }

  [[nodiscard]] TomlEntry entry(const std::string& key, const toml::node& node) const {
    TomlEntry read{key, {{}, node.is_array(), line_of(node)}};
    if (const auto* list = node.as_array()) {
      for (const toml::node& one : *list) read.value.texts.push_back(text_of_node(key, one));
    } else {
      read.value.texts.push_back(text_of_node(key, node));
    }
    return read;
  }

  [[nodiscard]] TomlTable table(const std::string& name, const toml::table& node,
                                bool is_one_of_several) const {
    TomlTable read{name, line_of(node), is_one_of_several, {}};
    for (const auto& [key, value] : node) read.entries.push_back(entry(std::string(key.str()), value));
    std::stable_sort(read.entries.begin(), read.entries.end(),
                     [](const TomlEntry& a, const TomlEntry& b) { return a.value.line < b.value.line; });
    return read;
  }
};

}  // namespace

void reject_line(const std::string& name, std::size_t line, const std::string& what) {
  reject("{}:{}: {}", name, line, one_line(what));
}

TomlFile parse_toml(std::string_view text, const std::string& name) {
  TomlFile file{name, {}, {}};
  toml::table root;
  try {
    root = toml::parse(in_ascii(text, name));
  } catch (const toml::parse_error& error) {
    reject_line(name, error.source().begin.line,
                fmt::format("is no TOML: {}; a text needs \"quotes\"", error.description()));
  }
  const Reader read{name};
  for (const auto& [key, node] : root) {
    const std::string word(key.str());
    const toml::array* list = node.as_array();
    if (const auto* table = node.as_table()) {
      file.tables.push_back(read.table(word, *table, false));
    } else if (list != nullptr && list->is_array_of_tables()) {
      for (const toml::node& one : *list) file.tables.push_back(read.table(word, *one.as_table(), true));
    } else {
      file.entries.push_back(read.entry(word, node));
    }
  }
  std::stable_sort(file.tables.begin(), file.tables.end(),
                   [](const TomlTable& a, const TomlTable& b) { return a.line < b.line; });
  std::stable_sort(file.entries.begin(), file.entries.end(),
                   [](const TomlEntry& a, const TomlEntry& b) { return a.value.line < b.value.line; });
  return file;
}

}  // namespace digon
