#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/output_folder.hpp"
#include "sweep/run_store.hpp"

namespace digon {
namespace {

/// The shards' stores in a results folder, in the order of their names.
std::vector<std::filesystem::path> shards_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> shards;
  if (!std::filesystem::is_directory(folder))
    reject("--out: {} is not there; accepted: a results folder", folder.string());
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("shard-") && name.ends_with(".db")) shards.push_back(entry.path());
  }
  std::sort(shards.begin(), shards.end());
  return shards;
}

/// Throws InputError unless every store is a shard's, and of the same run.
void require_same_run(const std::vector<std::filesystem::path>& shards) {
  std::optional<nlohmann::json> first;
  for (const std::filesystem::path& file : shards) {
    if (!std::filesystem::is_regular_file(file))
      reject("{}: is not there; accepted: a shard's store", file.string());
    const std::optional<nlohmann::json> run = RunStore(file).run();
    if (!run) reject("{}: is no shard's store", file.string());
    if (first && *run != *first) {
      reject("{}: is of a run with other settings, {}, than {}: {}", file.string(), dump_json(*run),
             shards.front().string(), dump_json(*first));
    }
    first = run;
  }
}

}  // namespace

int run_merge(const std::vector<std::string>& arguments) {
  CommandLine line(
      "merge",
      "takes the finished cells of sharded runs over into results.db; again changes nothing, and shards of "
      "different settings are refused",
      "digon merge --out results");
  line.positional("STORE", "shards' stores; default: all in the folder");
  line.option("out", "DIR", "the results folder", "results");
  declare_wait(line);
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  const std::filesystem::path folder = line.text("out");
  std::vector<std::filesystem::path> shards;
  for (const std::string& file : line.list("STORE")) shards.emplace_back(file);
  if (shards.empty()) shards = shards_in(folder);
  if (shards.empty()) reject("--out: {} holds no shard's store", folder.string());
  require_same_run(shards);
  const auto lock = claim_folder(line, folder);
  RunStore store(folder / "results.db");
  nlohmann::json merged = nlohmann::json::array();
  for (const std::filesystem::path& file : shards) {
    const std::size_t cells = store.merge(file);
    merged.push_back({{"store", file.string()}, {"new_cells", cells}});
    if (!line.has("json")) fmt::print("{}: {} new cells\n", file.string(), cells);
  }
  if (line.has("json")) print_answers(merged);
  return 0;
}

}  // namespace digon
