#include <fmt/format.h>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/named_choice.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/shard.hpp"
#include "program/experiments/catalog.hpp"

namespace digon {
namespace {

/// The experiments of the given names, each once, all of them checked before any is run.
std::vector<const CatalogEntry*> chosen_experiments(const CommandLine& line) {
  const std::vector<std::string> ids = line.list("ID");
  std::vector<const CatalogEntry*> chosen;
  if (line.has("all")) {
    if (!ids.empty()) reject("--all: given with names; accepted: either");
    for (const CatalogEntry& entry : catalog()) chosen.push_back(&entry);
    return chosen;
  }
  if (ids.empty()) reject("reproduce: name an experiment; 'digon reproduce --list' lists them");
  for (const std::string& id : ids) chosen.push_back(&find_in_catalog(id));
  return chosen;
}

Preset read_preset(const CommandLine& line) {
  constexpr NamedChoices<Preset, 2> names{{{Preset::quick, "quick"}, {Preset::paper, "paper"}}};
  return parse_choice(names, "--preset", "a preset", line.text("preset"));
}

}  // namespace

int run_reproduce(const std::vector<std::string>& arguments) {
  CommandLine line("reproduce", "train an experiment of the paper, put theory beside it, draw and judge it",
                   "digon reproduce phase-2-1 correlated --preset quick --out results");
  line.positional("ID", "experiments to run");
  line.flag("list", "list the experiments and exit");
  line.flag("all", "run all of them");
  line.option("preset", "NAME", "quick: enough to see it; paper: the paper's size", "quick");
  line.option(
      "out", "DIR",
      "folder for the results, a subfolder an experiment; finished cells are kept in results.db and never "
      "computed again",
      "results");
  declare_seed_and_threads(line);
  declare_shard(line);
  if (!line.parse(arguments)) return 0;
  if (line.has("list")) {
    for (const CatalogEntry& entry : catalog()) fmt::print("{:<18} {}\n", entry.id, entry.summary);
    return 0;
  }
  const std::vector<const CatalogEntry*> chosen = chosen_experiments(line);
  const Preset preset = read_preset(line);
  const std::filesystem::path out = line.text("out");
  const std::uint64_t seed = read_seed(line);
  const std::size_t threads = read_threads(line);
  require_folder(out);

  nlohmann::json run = {
      {"preset", line.text("preset")}, {"seed", seed}, {"experiments", nlohmann::json::array()}};
  for (const CatalogEntry* entry : chosen) run["experiments"].push_back(entry->id);
  const std::unique_ptr<RunStore> store = open_store(line, out, run);
  bool agreed = true;
  bool unfinished = false;
  for (const CatalogEntry* entry : chosen) {
    const std::optional<std::vector<Check>> checks =
        reproduce(*entry, {out, out / entry->id, preset, seed, threads, *store});
    if (!checks && !interrupted() && store->waits_for_shards()) {
      unfinished = true;  // the cells of the other experiments can be computed all the same
      continue;
    }
    if (!checks) return explain_unfinished(*store, out);
    fmt::print("{}\n", to_text(*checks));
    agreed = agreed && all_pass(*checks);
  }
  if (unfinished) return explain_unfinished(*store, out);
  fmt::print("Figures, tables and weights are in {}\n", out.string());
  return agreed ? 0 : exit_failed;
}

}  // namespace digon
