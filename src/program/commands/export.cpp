#include <fmt/format.h>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/files/table.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "sweep/run_store.hpp"

namespace digon {

int run_export(const std::vector<std::string>& arguments) {
  CommandLine line("export", "the cells of a run store as files: cells.csv, and the weights of each cell",
                   "digon export --store results/results.db --experiment phase-2-1 --out cells");
  line.option("store", "FILE", "the store, results.db of a results folder");
  line.option("experiment", "ID", "only the cells of this experiment, as cells.csv names them");
  line.option("out", "DIR", "folder for cells.csv and cell-K.safetensors");
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  const std::filesystem::path file = line.text("store");
  if (!std::filesystem::is_regular_file(file))
    reject("--store: {} is not there; accepted: a run store", file.string());
  const std::filesystem::path folder = line.text("out");
  const RunStore store(file);
  const std::string experiment = line.has("experiment") ? line.text("experiment") : "";
  const std::vector<StoredRow> rows = store.rows(experiment);
  if (rows.empty()) reject("--experiment: '{}' has no cells in {}", experiment, file.string());
  require_folder(folder);
  nlohmann::json exported = nlohmann::json::array();
  Table table{
      {"cell", "experiment", "kind", "kind_version", "program", "seconds", "settings", "result", "weights"},
      {}};
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const StoredRow& row = rows[k];
    const std::string name = row.cell.weights.empty() ? "" : fmt::format("cell-{}.safetensors", k);
    if (!name.empty()) write_file_atomically(folder / name, row.cell.weights);
    table.add_row({text_of(k), row.experiment, row.key.kind, text_of(std::size_t(row.key.version)),
                   row.program, text_of(row.cell.seconds), dump_json(row.key.settings),
                   dump_json(row.cell.result), name});
    exported.push_back({{"cell", k},
                        {"experiment", row.experiment},
                        {"kind", row.key.kind},
                        {"kind_version", row.key.version},
                        {"program", row.program},
                        {"seconds", row.cell.seconds},
                        {"settings", row.key.settings},
                        {"result", row.cell.result},
                        {"weights", name},
                        {"why", nlohmann::json::object()}});
    if (name.empty()) leave_out(exported.back(), {"weights"}, "cells of this kind leave none");
  }
  write_csv(folder / "cells.csv", table);
  if (line.has("json")) {
    print_answers(exported);
    return 0;
  }
  fmt::print("{} cells written to {}\n", rows.size(), folder.string());
  return 0;
}

}  // namespace digon
