#include "program/commands/command_line.hpp"

#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <limits>
#include <optional>

#include "core/base/input_error.hpp"
#include "core/base/parse_number.hpp"

namespace digon {

namespace po = boost::program_options;

namespace {

constexpr std::uint64_t most_threads = 1024;

}  // namespace

CommandLine::CommandLine(std::string command, std::string summary, std::string example)
    : command_(std::move(command)),
      summary_(std::move(summary)),
      example_(std::move(example)),
      options_("Options", 110),
      hidden_("") {
  options_.add_options()("help", "print this help and exit");
}

void CommandLine::option(const std::string& name, const std::string& value, const std::string& help,
                         const std::string& fallback) {
  auto* semantic = po::value<std::string>()->value_name(value);
  if (!fallback.empty()) semantic->default_value(fallback);
  options_.add_options()(name.c_str(), semantic, help.c_str());
}

void CommandLine::list(const std::string& name, const std::string& value, const std::string& help) {
  options_.add_options()(name.c_str(), po::value<std::vector<std::string>>()->multitoken()->value_name(value),
                         help.c_str());
}

void CommandLine::flag(const std::string& name, const std::string& help) {
  options_.add_options()(name.c_str(), help.c_str());
}

void CommandLine::positional(const std::string& name, const std::string& help) {
  positional_name_ = name;
  hidden_.add_options()(name.c_str(), po::value<std::vector<std::string>>(), help.c_str());
}

bool CommandLine::parse(const std::vector<std::string>& arguments) {
  if (arguments == std::vector<std::string>{"--help-as=man"}) {
    print_man_part();
    return false;
  }
  if (arguments == std::vector<std::string>{"--help-as=words"}) {
    print_option_words();
    return false;
  }
  po::options_description all;
  all.add(options_).add(hidden_);
  po::positional_options_description words;
  if (!positional_name_.empty()) words.add(positional_name_.c_str(), -1);
  using po::command_line_style::style_t;
  constexpr int long_options_alone =
      style_t::allow_long | style_t::long_allow_adjacent | style_t::long_allow_next;
  try {
    po::store(
        po::command_line_parser(arguments).options(all).positional(words).style(long_options_alone).run(),
        values_);
  } catch (const po::too_many_positional_options_error&) {
    reject("{}: a word without -- is not understood; 'digon {} --help' lists what is accepted", command_,
           command_);
  } catch (const po::error& error) {
    reject("{}: {}; 'digon {} --help' lists what is accepted", command_, error.what(), command_);
  }
  if (!has("help")) return true;
  print_help();
  return false;
}

void CommandLine::print_help() const {
  std::cout << "digon " << command_ << ": " << summary_ << "\n\nUsage: digon " << command_
            << (positional_name_.empty() ? "" : " " + positional_name_ + "…") << " [options]\n\n"
            << options_ << "\nExample:\n  " << example_ << "\n";
}

void CommandLine::print_man_part() const {
  // A line of troff must not begin with a dot or a quote; a hyphen is escaped, or it would be set as a dash.
  const auto troff = [](const std::string& text) {
    std::string escaped = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
    for (const char c : text) {
      if (c == '\\') {
        escaped += "\\e";
      } else if (c == '-') {
        escaped += "\\-";
      } else {
        escaped += c;
      }
    }
    return escaped;
  };
  fmt::print(".SS digon {}{}\n{}.\n.PP\n.EX\n{}\n.EE\n", command_,
             positional_name_.empty() ? "" : " " + positional_name_ + "…", troff(summary_), troff(example_));
  for (const auto& option : options_.options()) {
    const std::string parameter = option->format_parameter();
    fmt::print(".TP\n.B {}{}\n{}\n", troff("--" + option->long_name()),
               parameter.empty() ? "" : " " + troff(parameter), troff(option->description()));
  }
}

void CommandLine::print_option_words() const {
  for (const auto& option : options_.options()) fmt::print("--{} ", option->long_name());
}

bool CommandLine::has(const std::string& name) const {
  return values_.count(name) > 0;
}

std::string CommandLine::text(const std::string& name) const {
  if (!has(name)) reject("--{} is needed; 'digon {} --help' says what it is", name, command_);
  return values_[name].as<std::string>();
}

std::vector<std::string> CommandLine::list(const std::string& name) const {
  return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>{};
}

std::uint64_t CommandLine::integer(const std::string& name, std::uint64_t least,
                                   std::uint64_t greatest) const {
  const std::string given = text(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc{} || end != given.data() + given.size() || value < least || value > greatest) {
    reject("--{}: '{}' given; accepted: a whole number from {} to {}", name, given, least, greatest);
  }
  return value;
}

double CommandLine::real(const std::string& name, double least, double greatest) const {
  const std::optional<double> value = parse_number(text(name));
  if (!value || !(*value > least && *value <= greatest)) {
    reject("--{}: '{}' given; accepted: a number above {} and at most {}", name, text(name), least, greatest);
  }
  return *value;
}

double CommandLine::nonnegative(const std::string& name, double greatest) const {
  const std::optional<double> value = parse_number(text(name));
  if (!value || !(*value >= 0.0 && *value <= greatest)) {
    reject("--{}: '{}' given; accepted: a number from 0 to {}", name, text(name), greatest);
  }
  return *value;
}

void declare_seed_and_threads(CommandLine& line) {
  line.option("seed", "S", "seed of all randomness; the same seed gives the same result, whatever --threads",
              "0");
  line.option("threads", "T", "threads; 0 is one a core", "0");
}

std::uint64_t read_seed(const CommandLine& line) {
  return line.integer("seed", 0, std::numeric_limits<std::uint64_t>::max());
}

std::size_t read_threads(const CommandLine& line) {
  return line.integer("threads", 0, most_threads);
}

}  // namespace digon
