#include <fmt/format.h>

#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/shard.hpp"
#include "program/commands/verification.hpp"

namespace digon {

int run_verify(const std::vector<std::string>& arguments) {
  CommandLine line(
      "verify", "measure every prediction of the literature, and say whether theory and trained models agree",
      "digon verify --suite all --preset quick --out results");
  declare_verification(line);
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  const Verification verification = read_verification(line);
  const auto lock = claim_folder(line, verification.out);
  RunStore store(verification.out / "results.db");
  std::vector<Check> checks;
  try {
    checks = checks_of(verify(verification, store));
  } catch (const Interrupted&) {
    return explain_interrupted(verification.out, store);
  }
  if (line.has("json")) {
    fmt::print("{}\n", dump_json(to_json(checks)));
  } else {
    fmt::print("{}\n{}\n", to_text(checks), summary_of(checks));
  }
  return all_pass(checks) ? 0 : exit_failed;
}

}  // namespace digon
