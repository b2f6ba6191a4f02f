#pragma once

#include <filesystem>
#include <memory>

#include "core/base/folder_lock.hpp"
#include "program/commands/command_line.hpp"
#include "sweep/run_store.hpp"

namespace digon {

/// --shard I/N: one job of an array of N computes its part of the cells, without messages to the others.
void declare_shard(CommandLine& line);

/// The store of a results folder: results.db, or where --shard is given shard-I-of-N.db, which also finds the
/// cells of results.db. `run` is what the shards of a run must share.
std::unique_ptr<RunStore> open_store(const CommandLine& line, const std::filesystem::path& folder,
                                     const nlohmann::json& run);

/// The right to write to a results folder (output_folder.hpp), or with --shard to the store of that shard.
std::unique_ptr<FolderLock> claim_results(const CommandLine& line, const std::filesystem::path& folder);

/// What to say where sweeps of a folder came to no end: by a signal, or because cells are left to other
/// shards. Return the exit status.
int explain_interrupted(const std::filesystem::path& folder, const RunStore& store);
int explain_left_to_shards(const CommandLine& line, const std::filesystem::path& folder);

}  // namespace digon
