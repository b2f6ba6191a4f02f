#pragma once

#include <string>
#include <vector>

#include "core/files/model_file.hpp"
#include "core/model/feature_distribution.hpp"
#include "program/commands/command_line.hpp"

namespace digon {

// The one vocabulary of the law in every command that has one: --density, --sparsity, --importance, --values,
// --correlated, --anticorrelated, --active and --data.

/// Declares all of it.
void declare_features(CommandLine& line);
/// The same of commands whose --density is another.
void declare_features_but_density(CommandLine& line);

/// Its names, e.g. to refuse them where there is no law.
std::vector<std::string> feature_options();

/// The features that the options alone say, one distribution for each density. `values` are those of active
/// features where --values is not given. Throws InputError where nothing says the density.
std::vector<FeatureDistribution> read_features(const CommandLine& line, Eigen::Index n,
                                               const ActiveValue& values = {});

/// --values alone, for commands with densities of their own.
void declare_values(CommandLine& line);
ActiveValue read_values(const CommandLine& line, const ActiveValue& otherwise = {});

/// The law with its density, for a line of text: "uniform [0, 1], independent, density 0.1".
std::string describe_features(const FeatureDistribution& features);
/// "0.1", or "0.01 to 0.3" where features differ.
std::string describe_density(const FeatureDistribution& features);

/// --layout: which axis of weights counts the features.
void declare_layout(CommandLine& line);
WeightLayout read_layout(const CommandLine& line);

/// --model, --layout, --kind, --instance and --step.
void declare_model(CommandLine& line);

/// The models of --model, or those of --instance and --step.
std::vector<LoadedModel> read_models(const CommandLine& line);

/// --out and --wait of commands that leave tables and the figure of their models.
void declare_models_out(CommandLine& line);

/// The features each model is judged on: the options', else the file's. Throws InputError where neither says
/// the density.
std::vector<FeatureDistribution> read_features_of_models(const CommandLine& line,
                                                         const std::vector<LoadedModel>& chosen);

/// Whether the options or the file say what the features are.
bool says_features(const CommandLine& line, const std::vector<LoadedModel>& chosen);

}  // namespace digon
