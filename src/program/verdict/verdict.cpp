#include "program/verdict/verdict.hpp"

#include <algorithm>

#include "core/base/atomic_file.hpp"
#include "core/base/json.hpp"
#include "core/files/table.hpp"

namespace digon {

bool all_pass(const std::vector<Check>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.pass; });
}

std::string to_text(const std::vector<Check>& checks) {
  Table table{{"check", "expected", "measured", "tolerance", ""}, {}};
  for (const Check& check : checks) {
    table.add_row({check.id, check.expected, check.measured, check.tolerance, check.pass ? "pass" : "FAIL"});
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
                    {"pass", check.pass},
                    {"source", check.source}});
  }
  return {{"pass", all_pass(checks)}, {"checks", list}};
}

void write_verdict(const std::filesystem::path& path, const std::vector<Check>& checks) {
  write_file_atomically(path, dump_json(to_json(checks), 2) + "\n");
}

}  // namespace digon
