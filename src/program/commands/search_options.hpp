#pragma once

#include "program/commands/command_line.hpp"
#include "theory/optima/optimum_search.hpp"
#include "theory/optima/penalty.hpp"

namespace digon {

/// --populations, --descents and --seconds: how long the optimum is searched for.
void declare_optimum_search(CommandLine& line);
OptimumSearchOptions read_optimum_search(const CommandLine& line, ModelKind kind = ModelKind::relu_output);

/// --penalty and --max-coherence: what is added to the loss.
void declare_penalty(CommandLine& line);
Penalty read_penalty(const CommandLine& line);

/// How well the lowest minimum is known, in words: "found in 3 of 4 populations", "found in 1 of 12
/// populations: not confirmed, found once".
std::string describe_confirmation(const Confirmation& confirmation);

}  // namespace digon
