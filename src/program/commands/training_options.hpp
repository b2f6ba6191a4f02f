#pragma once

#include <cstdint>

#include "program/commands/command_line.hpp"
#include "sweep/training_method.hpp"

namespace digon {

inline constexpr std::uint64_t most_steps = 1'000'000'000;

/// How models are trained, in every command that trains any: --objective, --steps, --batch, --optimizer,
/// --momentum, --warm-up, --learning-rate, --schedule, --weight-decay, --start-scale, --hidden-l1, --stop,
/// --patience and --snapshots.
void declare_training_settings(CommandLine& line);

/// "sampled" or "exact": what --objective says, or is by default.
std::string objective_of(const CommandLine& line);

/// What models of that kind and law are trained by.
TrainingMethod read_training_method(const CommandLine& line, ModelKind kind,
                                    const FeatureDistribution& features);

/// Throws InputError where an option is given that does nothing with that method.
TrainingSettings read_training_settings(const CommandLine& line,
                                        TrainingMethod method = TrainingMethod::sampled);

}  // namespace digon
