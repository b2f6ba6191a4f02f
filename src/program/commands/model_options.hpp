#pragma once

#include <string>
#include <vector>

#include "core/files/model_file.hpp"
#include "core/model/feature_distribution.hpp"
#include "program/commands/command_line.hpp"

namespace digon {

/// --density or --sparsity, each value for one instance.
void declare_density(CommandLine& line);

/// The densities [n] given by --density or --sparsity, one an instance; empty where neither is given.
/// Throws InputError where both are.
std::vector<Eigen::VectorXd> read_densities(const CommandLine& line, Eigen::Index n);

/// --values, --correlated and --anticorrelated: what else the law of n features says.
void declare_law(CommandLine& line);
void read_law(const CommandLine& line, FeatureDistribution& features);

/// --layout: which axis of weights counts the features.
void declare_layout(CommandLine& line);
WeightLayout read_layout(const CommandLine& line);

/// --model, --layout and --instance.
void declare_model(CommandLine& line);

/// The models of --model, or the one of --instance.
std::vector<LoadedModel> read_models(const CommandLine& line);

/// --density or --sparsity, and --importance, which override what the file says of its models.
void declare_features_of_models(CommandLine& line);

/// The features each model is judged on: the options', else the file's. Throws InputError where neither says
/// the density.
std::vector<FeatureDistribution> read_features_of_models(const CommandLine& line,
                                                         const std::vector<LoadedModel>& chosen);

}  // namespace digon
