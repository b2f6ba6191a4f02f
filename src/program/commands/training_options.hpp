#pragma once

#include <cstdint>

#include "empirical/training/training.hpp"
#include "program/commands/command_line.hpp"

namespace digon {

inline constexpr std::uint64_t most_steps = 1'000'000'000;

/// How models are trained, in every command that trains any: --steps, --batch, --optimizer, --momentum,
/// --warm-up, --learning-rate, --schedule, --weight-decay, --start-scale, --hidden-l1 and --snapshots.
void declare_training_settings(CommandLine& line);

/// An --optimizer of lbfgs, which trains on no batches, is left to the caller.
TrainingSettings read_training_settings(const CommandLine& line);

}  // namespace digon
