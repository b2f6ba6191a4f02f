#pragma once

#include "program/commands/command_line.hpp"
#include "theory/optima/optimum_search.hpp"

namespace digon {

/// --populations, --descents and --seconds: how long the optimum is searched for.
void declare_optimum_search(CommandLine& line);
OptimumSearchOptions read_optimum_search(const CommandLine& line);

/// How well the lowest minimum is known, in words: "found in 3 of 4 populations", "found in 1 of 12
/// populations: not confirmed".
std::string describe_confirmation(std::size_t agreeing, std::size_t populations);

/// Whether as many populations agree as make a lowest minimum confirmed.
bool is_confirmed(std::size_t agreeing);

}  // namespace digon
