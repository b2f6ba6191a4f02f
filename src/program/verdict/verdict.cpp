#include "program/verdict/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.hpp"
#include "core/base/json.hpp"
#include "core/base/named_choice.hpp"
#include "core/files/table.hpp"

namespace digon {

using nlohmann::json;

namespace {

constexpr NamedChoices<Source, 4> source_choices{{{Source::paper, "paper"},
                                                  {Source::theorem, "theorem"},
                                                  {Source::digon, "digon"},
                                                  {Source::published, "published"}}};

}  // namespace

std::string verdict_of(const Check& check) {
  if (check.null.accepted == check.holds) return "FAIL: its null is not told apart";
  if (!check.pass()) return "FAIL";
  if (!check.outcome.empty()) return check.outcome;
  return check.differs.empty() ? "pass" : "differs";
}

std::string_view name_of(Source source) {
  return name_in<Source>(source_choices, source);
}

Source parse_source(const std::string& what, const std::string& text) {
  return parse_choice(source_choices, what, "a source", text);
}

bool all_pass(const std::vector<Check>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.pass(); });
}

std::string summary_of(const std::vector<Check>& checks) {
  const auto passed = [&](auto&& of) {
    std::size_t all = 0;
    std::size_t pass = 0;
    for (const Check& check : checks) {
      if (!of(check)) continue;
      ++all;
      pass += check.pass();
    }
    return fmt::format("{} of {}", pass, all);
  };
  std::string text = passed([](const Check&) { return true; }) + " checks pass";
  std::string separator = ": ";
  for (const Source source : {Source::paper, Source::theorem, Source::digon, Source::published}) {
    const auto of = [source](const Check& check) { return check.source == source; };
    if (std::none_of(checks.begin(), checks.end(), of)) continue;
    text += fmt::format("{}{} of source {}", separator, passed(of), name_of(source));
    separator = ", ";
  }
  text += fmt::format(". Theory and measurement {}.", all_pass(checks) ? "agree" : "DISAGREE");
  for (const Check& check : checks) {
    if (!check.differs.empty())
      text += fmt::format("\nNot borne out: {} ({}). {}", check.claim, check.where, check.differs);
    if (!check.outcome.empty()) {
      text +=
          fmt::format("\n{}: {} ({}). Published: {}; Digon: {} ({}).", check.pass() ? check.outcome : "FAIL",
                      check.claim, check.where, check.published, check.expected, check.measured);
    }
  }
  return text;
}

std::string to_text(const std::vector<Check>& checks) {
  Table table{{"check", "source", "expected", "measured", "tolerance", ""}, {}};
  for (const Check& check : checks) {
    table.add_row({check.id, std::string(name_of(check.source)), check.expected, check.measured,
                   check.tolerance, verdict_of(check)});
  }
  return to_text(table);
}

namespace {

json measured_json(const Measured& measured) {
  return std::visit([](const auto& value) { return json(value); }, measured);
}

json check_json(const Check& check) {
  const CheckNumbers& numbers = check.numbers;
  json object = {
      {"id", check.id},
      {"claim", check.claim},
      {"source", name_of(check.source)},
      {"where", check.where},
      {"measured", measured_json(numbers.measured)},
      {"null",
       {{"what", check.null.what},
        {"measured", measured_json(numbers.of_null)},
        {"text", check.null.measured},
        {"refused", check.null.accepted != check.holds}}},
      {"text", {{"expected", check.expected}, {"measured", check.measured}, {"tolerance", check.tolerance}}},
      {"pass", check.pass()},
      {"verdict", verdict_of(check)},
      {"differs", check.differs},
      {"why", json::object()}};
  const auto add = [&](const char* key, const auto& value, const char* why) {
    object[key] = value ? json(*value) : json();
    if (!value) object["why"][key] = why;
  };
  std::optional<json> expected;
  if (numbers.expected) expected = measured_json(*numbers.expected);
  add("expected", expected, "a range is expected, not a value");
  add("least", numbers.least, "nothing is too small, or a name is expected");
  add("greatest", numbers.greatest, "nothing is too large, or a name is expected");
  const bool is_published = !check.outcome.empty();
  const auto of_published = [&](const std::string& text) {
    return is_published ? std::optional(text) : std::nullopt;
  };
  add("published", of_published(check.published), "not a number that others published");
  add("outcome", of_published(check.outcome), "not a number that others published");
  return object;
}

}  // namespace

json to_json(const std::vector<Check>& checks) {
  json list = json::array();
  for (const Check& check : checks) list.push_back(check_json(check));
  return {{"pass", all_pass(checks)}, {"checks", list}};
}

void write_verdict(const std::filesystem::path& path, const std::vector<Check>& checks) {
  write_file_atomically(path, dump_json(to_json(checks), 2) + "\n");
}

}  // namespace digon
