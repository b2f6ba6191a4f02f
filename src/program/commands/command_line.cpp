#include "program/commands/command_line.hpp"

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>

#include "core/base/input_error.hpp"
#include "core/base/nearest_name.hpp"
#include "core/base/parse_number.hpp"
#include "core/base/progress.hpp"

namespace digon {

namespace po = boost::program_options;

namespace {

constexpr std::uint64_t most_threads = 1024;

using Words = std::vector<std::string>;

po::options_description described(const std::vector<DeclaredOption>& options) {
  po::options_description description("Options", 110);
  for (const DeclaredOption& option : options) {
    auto declare = description.add_options();
    if (option.takes == DeclaredOption::Takes::nothing) {
      declare(option.name.c_str(), option.help.c_str());
    } else if (option.takes == DeclaredOption::Takes::values) {
      declare(option.name.c_str(), po::value<Words>()->multitoken()->value_name(option.value),
              option.help.c_str());
    } else {
      auto* semantic = po::value<std::string>()->value_name(option.value);
      if (!option.fallback.empty()) semantic->default_value(option.fallback);
      declare(option.name.c_str(), semantic, option.help.c_str());
    }
  }
  return description;
}

Words words_of(const boost::any& value) {
  if (const auto* words = boost::any_cast<Words>(&value)) return *words;
  if (const auto* word = boost::any_cast<std::string>(&value)) return {*word};
  return {};
}

}  // namespace

CommandLine::CommandLine(std::string command, std::string summary, std::string example)
    : command_(std::move(command)), summary_(std::move(summary)), example_(std::move(example)) {
  flag("help", "print this help and exit");
  flag("quiet", "no progress: neither a line on a terminal nor one a minute in a log");
}

void CommandLine::option(const std::string& name, const std::string& value, const std::string& help,
                         const std::string& fallback) {
  options_.push_back({name, DeclaredOption::Takes::a_value, value, help, fallback});
}

void CommandLine::list(const std::string& name, const std::string& value, const std::string& help) {
  options_.push_back({name, DeclaredOption::Takes::values, value, help});
}

void CommandLine::flag(const std::string& name, const std::string& help) {
  options_.push_back({name, DeclaredOption::Takes::nothing, "", help});
}

void CommandLine::positional(const std::string& name, const std::string& help) {
  positional_ = {name, DeclaredOption::Takes::values, "", help};
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
  po::options_description all = described(options_);
  po::positional_options_description words;
  const DeclaredOption stray{"word without --", DeclaredOption::Takes::values, "", ""};
  const DeclaredOption& word = positional_.name.empty() ? stray : positional_;
  all.add(described({word}));
  words.add(word.name.c_str(), -1);
  using po::command_line_style::style_t;
  constexpr int long_options_alone =
      style_t::allow_long | style_t::long_allow_adjacent | style_t::long_allow_next;
  po::variables_map given;
  const auto refuse_unknown = [&](const std::string& word_given) {
    const std::string name = word_given.substr(0, word_given.find('='));
    std::vector<std::string> names;
    for (const DeclaredOption& option : options_) names.push_back("--" + option.name);
    const std::string meant = nearest_name(name, names);
    reject("{}: unrecognised option '{}'{}; 'digon {} --help' lists what is accepted", command_, name,
           meant.empty() ? "" : "; did you mean " + meant + "?", command_);
  };
  for (const std::string& argument : arguments) {
    if (argument == "-h") {
      print_help();
      return false;
    }
    // Boost's messages would never end on a name that has one of their own placeholders in it.
    if (argument.starts_with("--") && argument.find('%') < argument.find('=')) refuse_unknown(argument);
  }
  try {
    po::store(
        po::command_line_parser(arguments).options(all).positional(words).style(long_options_alone).run(),
        given);
  } catch (const po::unknown_option& error) {  // whose message would not end on such a value either
    refuse_unknown(error.get_option_name());
  } catch (const po::error& error) {
    reject("{}: {}; 'digon {} --help' lists what is accepted", command_, error.what(), command_);
  }
  if (given.count(stray.name) > 0) refuse_stray(words_of(given[stray.name].value()).front());
  for (const auto& [name, value] : given) {
    values_[name] = words_of(value.value());
    if (value.defaulted()) defaulted_.insert(name);
  }
  if (has("quiet")) silence_progress();
  if (!has("help")) return true;
  print_help();
  return false;
}

void CommandLine::refuse_stray(const std::string& word) const {
  const auto is_model = [](const DeclaredOption& option) { return option.name == "model"; };
  std::error_code none;
  if (std::any_of(options_.begin(), options_.end(), is_model) &&
      std::filesystem::is_regular_file(word, none)) {
    reject("{}: '{}' given as a word without --; accepted: --model {}", command_, word, word);
  }
  reject("{}: '{}', a word without --, is not understood; 'digon {} --help' lists what is accepted", command_,
         word, command_);
}

void CommandLine::print_help() const {
  std::cout << "digon " << command_ << ": " << summary_ << "\n\nUsage: digon " << command_
            << (positional_.name.empty() ? "" : " " + positional_.name + "...") << " [options]\n\n"
            << described(options_) << "\nExample:\n  " << example_ << "\n";
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
             positional_.name.empty() ? "" : " " + positional_.name + "...", troff(summary_),
             troff(example_));
  const po::options_description options = described(options_);
  for (const auto& option : options.options()) {
    const std::string parameter = option->format_parameter();
    fmt::print(".TP\n.B {}{}\n{}\n", troff("--" + option->long_name()),
               parameter.empty() ? "" : " " + troff(parameter), troff(option->description()));
  }
}

void CommandLine::print_option_words() const {
  const po::options_description options = described(options_);
  for (const auto& option : options.options()) fmt::print("--{} ", option->long_name());
}

void CommandLine::give(const std::string& name, const std::string& value) {
  give(name, std::vector<std::string>{value});
}

void CommandLine::give(const std::string& name, std::vector<std::string> values) {
  values_[name] = std::move(values);
  defaulted_.erase(name);
}

bool CommandLine::has(const std::string& name) const {
  return values_.contains(name);
}

bool CommandLine::given(const std::string& name) const {
  return has(name) && !defaulted_.contains(name);
}

void CommandLine::refuse(const std::vector<std::string>& options, const std::string& here) const {
  for (const std::string& option : options) {
    if (given(option)) reject("--{}: {}", option, here);
  }
}

std::string CommandLine::text(const std::string& name) const {
  if (!has(name)) reject("--{} is needed; 'digon {} --help' says what it is", name, command_);
  return values_.at(name).at(0);
}

std::vector<std::string> CommandLine::list(const std::string& name) const {
  return has(name) ? values_.at(name) : Words{};
}

std::uint64_t CommandLine::integer(const std::string& name, std::uint64_t least,
                                   std::uint64_t greatest) const {
  const std::string given = text(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  bool is_whole = error == std::errc{} && end == given.data() + given.size();
  // 1e4 is 10000; beyond 2^53 a number written so would not be exact.
  if (const auto number = is_whole ? std::nullopt : parse_number(given)) {
    is_whole = *number >= 0.0 && *number <= 9007199254740992.0 && *number == std::floor(*number);
    if (is_whole) value = std::uint64_t(*number);
  }
  if (!is_whole || value < least || value > greatest) {
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

void declare_json(CommandLine& line) {
  line.flag("json", "print JSON at full precision, as docs/json.md describes it");
}

std::uint64_t read_seed(const CommandLine& line) {
  return line.integer("seed", 0, std::numeric_limits<std::uint64_t>::max());
}

std::size_t read_threads(const CommandLine& line) {
  return line.integer("threads", 0, most_threads);
}

}  // namespace digon
