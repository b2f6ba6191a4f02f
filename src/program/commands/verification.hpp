#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "program/commands/command_line.hpp"
#include "program/experiments/catalog.hpp"
#include "sweep/run_store.hpp"

namespace digon {

/// What is to be verified, and where its results are or will be.
struct Verification {
  std::filesystem::path out;
  std::optional<Suite> suite;  ///< none: all
  Preset preset = Preset::quick;
  std::uint64_t seed = 0;
  std::size_t threads = 0;
};

/// --out, --suite, --preset, --seed and --threads.
void declare_verification(CommandLine& line);
Verification read_verification(const CommandLine& line);

/// --preset, of every command that runs experiments.
void declare_preset(CommandLine& line);
Preset read_preset(const CommandLine& line);

/// An entry of the catalog, judged.
struct VerifiedPart {
  const Experiment* experiment = nullptr;
  std::string command;  ///< that measures it
  std::vector<Check> checks;
};

/// All checks of all parts.
std::vector<Check> checks_of(const std::vector<VerifiedPart>& parts);

/// Runs what is missing in the store of the output folder, judges every prediction of the suite, and writes
/// verdict.json. Throws Interrupted where a signal ended it (finished cells stay).
std::vector<VerifiedPart> verify(const Verification& verification, RunStore& store);

}  // namespace digon
