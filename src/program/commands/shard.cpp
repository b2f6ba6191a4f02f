#include "program/commands/shard.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "core/base/input_error.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/output_folder.hpp"

namespace digon {
namespace {

constexpr const char* shard_store_file = "results.db";

std::optional<std::size_t> parse_whole(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "I/N" with 1 ≤ I ≤ N.
Shard parse_shard(const std::string& text) {
  constexpr std::size_t most = 1'000'000;
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos) {
    const auto index = parse_whole(std::string_view(text).substr(0, slash));
    const auto count = parse_whole(std::string_view(text).substr(slash + 1));
    if (index && count && *index >= 1 && *index <= *count && *count <= most) return {*index - 1, *count};
  }
  reject("--shard: '{}' given; accepted: I/N with 1 ≤ I ≤ N ≤ {}", text, most);
}

}  // namespace

void declare_shard(CommandLine& line) {
  line.option("shard", "I/N",
              "compute only part I of N of what is missing, into shard-I-of-N.db; 'digon merge' takes the "
              "shards' cells over into results.db");
}

std::unique_ptr<RunStore> open_store(const CommandLine& line, const std::filesystem::path& folder,
                                     const nlohmann::json& run) {
  if (!line.has("shard")) return std::make_unique<RunStore>(folder / shard_store_file);
  const Shard shard = parse_shard(line.text("shard"));
  return std::make_unique<RunStore>(folder / fmt::format("shard-{}-of-{}.db", shard.index + 1, shard.count),
                                    shard, run, folder / shard_store_file);
}

std::unique_ptr<FolderLock> claim_results(const CommandLine& line, const std::filesystem::path& folder) {
  if (!line.has("shard")) return claim_folder(line, folder);
  const Shard shard = parse_shard(line.text("shard"));
  return claim_part(line, folder, fmt::format("shard-{}-of-{}", shard.index + 1, shard.count).c_str());
}

int explain_interrupted(const std::filesystem::path& folder, const RunStore& store) {
  const std::size_t cells = store.size();
  if (cells == 0) {
    fmt::print(stderr, "digon: interrupted before a cell was finished; {} holds nothing to go on with\n",
               folder.string());
  } else {
    fmt::print(stderr, "digon: interrupted; the same command goes on with the {} cells that {} holds\n",
               cells, folder.string());
  }
  return exit_interrupted;
}

int explain_left_to_shards(const CommandLine& line, const std::filesystem::path& folder) {
  if (line.has("json")) print_answers(nlohmann::json::array());
  fmt::print(
      line.has("json") ? stderr : stdout,
      "This shard's cells are computed; 'digon merge --out {}' when all shards are, then the same command "
      "goes "
      "on with what follows from them\n",
      folder.string());
  return 0;
}

}  // namespace digon
