#include "program/verdict/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.hpp"
#include "core/base/json.hpp"
#include "core/base/named_choice.hpp"
#include "core/files/table.hpp"

namespace digon {
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

nlohmann::json to_json(const std::vector<Check>& checks) {
  nlohmann::json list = nlohmann::json::array();
  for (const Check& check : checks) {
    list.push_back({{"id", check.id},
                    {"claim", check.claim},
                    {"expected", check.expected},
                    {"measured", check.measured},
                    {"tolerance", check.tolerance},
                    {"null",
                     {{"what", check.null.what},
                      {"measured", check.null.measured},
                      {"refused", check.null.accepted != check.holds}}},
                    {"pass", check.pass()},
                    {"verdict", verdict_of(check)},
                    {"source", name_of(check.source)},
                    {"where", check.where},
                    {"differs", check.differs}});
    if (check.outcome.empty()) continue;
    list.back()["published"] = check.published;
    list.back()["outcome"] = check.outcome;
  }
  return {{"pass", all_pass(checks)}, {"checks", list}};
}

void write_verdict(const std::filesystem::path& path, const std::vector<Check>& checks) {
  write_file_atomically(path, dump_json(to_json(checks), 2) + "\n");
}

}  // namespace digon
