#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "program/commands/cell_options.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/shard.hpp"
#include "program/study/study_files.hpp"

namespace digon {
namespace {

constexpr const char* study_example =
    "digon sweep pentagon.toml --out pentagon     with, in pentagon.toml:\n\n"
    "    compute = [\"train\", \"gap\", \"geometry\"]     # also optimum, decomposition, snapshots\n"
    "    [cell]                                     # what all cells share: options of train and optimum\n"
    "    n = 5\n"
    "    m = 2\n"
    "    importance = \"0.9^i\"\n"
    "    steps = 4000\n"
    "    [axes]                                     # a list, \"lin:FROM:TO:COUNT\" or "
    "\"log:FROM:TO:COUNT\"\n"
    "    density = \"log:1:0.02:12\"\n"
    "    seed = [0, 1]\n"
    "    [[figure]]                                 # lines, heat-map, phase-map, dimensionality, snapshots\n"
    "    kind = \"lines\"\n"
    "    x = \"density\"\n"
    "    y = [\"trained_loss\", \"optimum_loss\"]";

CommandLine declare_sweep() {
  CommandLine line(
      "sweep",
      "computes a study, every combination of its axes' values, and leaves cells.csv, features.csv, weights, "
      "figures and report.html; docs/studies.md says what a study file has",
      study_example);
  line.positional("STUDY.toml", "the study");
  line.list("set", "NAME=VALUES", "an axis or option of the file changed: density=log:1:0.01:40, n=100");
  line.option("out", "DIR",
              "folder for the results; finished cells are kept in results.db and never computed again; "
              "default: the study's name");
  line.flag("check", "read the study, say how many cells it has, and compute nothing");
  line.option("threads", "T", "threads; 0 is one a core; no result depends on it", "0");
  declare_shard(line);
  declare_wait(line);
  declare_json(line);
  return line;
}

/// What --set says: an option and its values.
std::vector<StudyAxis> read_changes_of_study(const CommandLine& line, const CellVocabulary& vocabulary) {
  std::vector<StudyAxis> changes;
  for (const std::string& text : line.list("set")) changes.push_back(read_axis("--set", text, vocabulary));
  return changes;
}

void print_summary(const StudyResults& results, const std::filesystem::path& folder) {
  const Study& study = *results.study;
  fmt::print("{}: {} cells\n", study.title, results.points.size());
  if (study.computes(Compute::gap)) {
    std::vector<double> gaps;
    for (const StudyPoint& point : results.points)
      gaps.push_back(results.quantity(point, "gap_share_of_zero"));
    std::sort(gaps.begin(), gaps.end());
    fmt::print(
        "trained above the lowest known, of the loss of answering 0: {:.3g}% in the middle, {:.3g}% at "
        "most\n",
        100.0 * gaps[gaps.size() / 2], 100.0 * gaps.back());
  }
  fmt::print("Tables, weights, figures and report.html are in {}\n", folder.string());
}

}  // namespace

int run_sweep(const std::vector<std::string>& arguments) {
  CommandLine line = declare_sweep();
  if (!line.parse(arguments)) return 0;
  const std::vector<std::string> files = line.list("STUDY.toml");
  if (files.size() != 1)
    reject("sweep: {} study files given; accepted: one, such as study.toml", files.size());
  const std::string& file = files.front();
  const CellVocabulary vocabulary = cell_vocabulary();
  const Study study = parse_study(read_file(file), file, vocabulary, read_changes_of_study(line, vocabulary));
  const std::vector<StudyCell> cells = read_cells(study, vocabulary);
  require_computable(study, cells);
  const std::size_t threads = read_threads(line);
  if (line.has("check")) {
    line.refuse({"json"}, "given with --check, which computes nothing to print; accepted without");
    fmt::print("{}: {} cells, {} figures\n", study.title, cells.size(), study.figures.size());
    return 0;
  }
  const std::filesystem::path folder = line.has("out") ? line.text("out") : study.id;
  const auto lock = claim_results(line, folder);
  const std::unique_ptr<RunStore> store = open_store(line, folder, identity_of(study));
  try {
    const StudyResults results = compute_study(study, cells, *store, threads);
    const Table table =
        write_study(folder, results, fmt::format("digon sweep {} --out {}", file, folder.string()));
    if (line.has("json")) {
      print_answers(nlohmann::json::array(
          {{{"study", study.id}, {"folder", folder.string()}, {"cells", rows_of(table)}}}));
    } else {
      print_summary(results, folder);
    }
  } catch (const Interrupted&) {
    return explain_interrupted(folder, *store);
  } catch (const LeftToShards&) {
    return explain_left_to_shards(line, folder);
  }
  return 0;
}

}  // namespace digon
