#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace digon {

/// Whose statement a check decides.
enum class Source {
  paper,     ///< the literature's, of what models do
  theorem,   ///< mathematics: the check is of the program
  digon,     ///< Digon's own finding, kept so that a change of it is seen
  published  ///< what others published of the same models: the check is of what Digon finds instead, or too
};

std::string_view name_of(Source source);

/// The source of that name; throws InputError that lists the names.
Source parse_source(const std::string& what, const std::string& text);

/// What is measured for a prediction: a number, or a name.
using Measured = std::variant<double, std::string>;

/// The numbers, or the names, that the texts of a check say in words; nothing where there is none.
struct CheckNumbers {
  Measured measured = 0.0;
  Measured of_null = 0.0;
  std::optional<Measured> expected = {};
  std::optional<double> least = {};     ///< that passes
  std::optional<double> greatest = {};  ///< that passes
};

/// A deliberately wrong input, and what was measured of it: a check that accepts it shows nothing.
struct Null {
  std::string what;
  std::string measured;
  bool accepted = false;
};

/// One prediction beside its measurement.
struct Check {
  std::string id;        ///< e.g. "intro/7/sampled-loss"
  std::string claim;     ///< in one sentence
  std::string expected;  ///< what theory says
  std::string measured;
  std::string tolerance;
  bool holds = false;  ///< measured as expected
  Null null;
  CheckNumbers numbers;
  Source source = Source::digon;
  std::string where = "";  ///< who says it, and where; empty: Digon, of the very model
  std::string differs =
      "";  ///< what Digon finds instead, where the source is not borne out: then it must not hold
  std::string published = "";  ///< the number published, where the source is published
  std::string outcome =
      "";  ///< of that, if the check passes: confirmed, refuted, within its noise, not decidable

  /// Measured as Digon says, and the null refused.
  [[nodiscard]] bool pass() const { return holds == differs.empty() && null.accepted != holds; }
};

/// "pass", or the outcome of what was published; "differs", where Digon says that the source is not borne out
/// and it is not; "FAIL", and why.
std::string verdict_of(const Check& check);

bool all_pass(const std::vector<Check>& checks);

/// "358 of 358 checks pass (60 of 60 of the paper, …), and every null is refused: theory and measurement
/// agree.", and a sentence on each statement of a source that Digon does not bear out.
std::string summary_of(const std::vector<Check>& checks);

/// The checks as a table for a terminal, and as JSON, which docs/json.md describes.
std::string to_text(const std::vector<Check>& checks);
nlohmann::json to_json(const std::vector<Check>& checks);

/// Writes {"pass": …, "checks": […]}, whole or not at all.
void write_verdict(const std::filesystem::path& path, const std::vector<Check>& checks);

}  // namespace digon
