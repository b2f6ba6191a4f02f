#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "program/commands/command_line.hpp"
#include "program/experiments/catalog.hpp"

namespace digon {

/// The parts of a verification: what is known without training, packings, trained models.
enum class Suite { all, theory, packing, empirical };

/// What is to be verified, and where its results are or will be.
struct Verification {
  std::filesystem::path out;
  Suite suite = Suite::all;
  Preset preset = Preset::quick;
  std::uint64_t seed = 0;
  std::size_t threads = 0;
};

/// --out, --suite, --preset, --seed and --threads.
void declare_verification(CommandLine& line);
Verification read_verification(const CommandLine& line);

/// One experiment, or what is measured without one, judged.
struct VerifiedPart {
  std::string experiment;  ///< as predictions name it, and its folder in the output folder
  std::string summary;
  std::string command;  ///< that measures it
  std::vector<Check> checks;
};

/// All checks of all parts.
std::vector<Check> checks_of(const std::vector<VerifiedPart>& parts);

/// Runs what is missing in the output folder, judges every prediction of the suite, and writes verdict.json;
/// nothing where a signal ended it (finished cells stay).
std::optional<std::vector<VerifiedPart>> verify(const Verification& verification);

}  // namespace digon
