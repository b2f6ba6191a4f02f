#pragma once

#include "program/commands/command_line.hpp"

namespace digon {

/// --layer and what goes with it: any n vectors in R^m instead of a toy model.
void declare_layer(CommandLine& line);

/// `digon measure --layer`: norms, interference, dimensionality, and the coherence beside Welch's bound.
/// Returns the exit status.
int measure_layer(const CommandLine& line);

}  // namespace digon
