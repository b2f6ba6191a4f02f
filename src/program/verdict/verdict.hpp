#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace digon {

/// One prediction beside its measurement.
struct Check {
  std::string id;        ///< e.g. "intro/7/sampled-loss"
  std::string claim;     ///< in one sentence
  std::string expected;  ///< what theory says
  std::string measured;
  std::string tolerance;
  bool pass = false;
  std::string source = "";  ///< who predicts it, and where; empty: Digon's exact theory of the very model
};

bool all_pass(const std::vector<Check>& checks);

/// The checks as a table for a terminal, and as JSON.
std::string to_text(const std::vector<Check>& checks);
nlohmann::json to_json(const std::vector<Check>& checks);

/// Writes {"pass": …, "checks": […]}, whole or not at all.
void write_verdict(const std::filesystem::path& path, const std::vector<Check>& checks);

}  // namespace digon
