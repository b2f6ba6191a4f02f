// The words of a command line, a word a line, and the forms options have.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "core/files/model_file.hpp"
#include "core/model/feature_distribution.hpp"
#include "fuzz/read_or_refuse.hpp"
#include "program/commands/command_line.hpp"

namespace {

using digon::read_or_refuse;

digon::CommandLine declare() {
  digon::CommandLine line("fuzz", "options of every kind", "digon fuzz");
  line.option("features", "N", "a whole number");
  line.option("rate", "R", "a number", "0.5");
  line.list("density", "P…", "profiles");
  line.option("importance", "I", "a profile", "1");
  line.option("correlated", "SETS", "sets");
  line.option("values", "LAW", "a law of values", "uniform");
  line.option("layout", "AXES", "a choice", "auto");
  line.flag("json", "a flag");
  line.positional("ID", "words");
  digon::declare_seed_and_threads(line);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream input(std::string(reinterpret_cast<const char*>(data), size));
  std::vector<std::string> words;
  for (std::string word; std::getline(input, word);) {
    if (!word.starts_with("--help")) words.push_back(word);  // which prints
  }
  constexpr Eigen::Index n = 6;
  read_or_refuse([&] {
    digon::CommandLine line = declare();
    if (!line.parse(words)) return;
    read_or_refuse([&] { std::ignore = line.integer("features", 1, 1000); });
    read_or_refuse([&] { std::ignore = line.real("rate", 0.0, 1.0); });
    read_or_refuse([&] { std::ignore = line.nonnegative("rate", 1.0); });
    for (const std::string& text : line.list("density")) {
      read_or_refuse([&] { digon::parse_probability("--density", text, n); });
    }
    read_or_refuse([&] { digon::parse_importance("--importance", line.text("importance"), n); });
    read_or_refuse([&] {
      digon::parse_sets("--correlated", line.text("correlated"), digon::SetRelation::correlated, n);
    });
    read_or_refuse([&] { digon::parse_active_value("--values", line.text("values")); });
    read_or_refuse([&] { digon::parse_weight_layout("--layout", line.text("layout")); });
    std::ignore = line.list("ID");
    read_or_refuse([&] { digon::read_seed(line); });
    read_or_refuse([&] { digon::read_threads(line); });
  });
  return 0;
}
