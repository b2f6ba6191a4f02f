#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace digon {

/// An option as a command declares it.
struct DeclaredOption {
  enum class Takes { nothing, a_value, values };

  std::string name;
  Takes takes = Takes::nothing;
  std::string value = "";  ///< how --help names the value
  std::string help = "";
  std::string fallback = "";  ///< empty: no default
};

/// The options of one command. Every reader below throws InputError with a line that names the option, what
/// was given and what is accepted.
class CommandLine {
 public:
  /// `example` is a whole command, shown by --help.
  CommandLine(std::string command, std::string summary, std::string example);

  /// Declares options; `value` is how --help names the value, an empty `fallback` means no default.
  void option(const std::string& name, const std::string& value, const std::string& help,
              const std::string& fallback = "");
  void list(const std::string& name, const std::string& value, const std::string& help);
  void flag(const std::string& name, const std::string& help);
  /// Words without a leading -- are accepted and read by list(name).
  void positional(const std::string& name, const std::string& help);

  /// Reads the arguments after the command. False where --help was asked for, which has then been printed, or
  /// --help-as=man or --help-as=words: the same as a part of a man page, or the options alone.
  bool parse(const std::vector<std::string>& arguments);

  /// As if the user had given an option.
  void give(const std::string& name, const std::string& value);
  void give(const std::string& name, std::vector<std::string> values);

  [[nodiscard]] bool has(const std::string& name) const;    ///< given or defaulted
  [[nodiscard]] bool given(const std::string& name) const;  ///< by the user
  /// Throws InputError where the user has given one of these, which do nothing `here`: "given without
  /// --layer".
  void refuse(const std::vector<std::string>& options, const std::string& here) const;
  [[nodiscard]] std::string text(const std::string& name) const;  ///< throws if neither given nor defaulted
  [[nodiscard]] std::vector<std::string> list(const std::string& name) const;
  [[nodiscard]] std::uint64_t integer(const std::string& name, std::uint64_t least,
                                      std::uint64_t greatest) const;
  /// A finite number in (least, greatest].
  [[nodiscard]] double real(const std::string& name, double least, double greatest) const;
  /// A finite number in [0, greatest].
  [[nodiscard]] double nonnegative(const std::string& name, double greatest) const;

 private:
  [[noreturn]] void refuse_stray(const std::string& word) const;
  void print_help() const;
  void print_man_part() const;
  void print_option_words() const;

  std::string command_;
  std::string summary_;
  std::string example_;
  DeclaredOption positional_;  ///< no name: none is accepted
  std::vector<DeclaredOption> options_;
  std::map<std::string, std::vector<std::string>> values_;  ///< of the options given or defaulted
  std::set<std::string> defaulted_;
};

/// Options many commands share, declared and read alike.
void declare_seed_and_threads(CommandLine& line);
void declare_json(CommandLine& line);
std::uint64_t read_seed(const CommandLine& line);
std::size_t read_threads(const CommandLine& line);

}  // namespace digon
