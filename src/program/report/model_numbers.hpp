#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/files/model_file.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_distribution.hpp"
#include "theory/optima/optimality_gap.hpp"

namespace digon {

/// What is known of one of several models, to be put beside the others: those of a run of many densities or
/// seeds, or the snapshots of a training.
struct ModelNumbers {
  const LoadedModel* loaded = nullptr;
  const FeatureDistribution* features = nullptr;  ///< none: the law is not known
  std::optional<double> loss = {};
  double error = 0.0;        ///< of the loss: numerical, half of the 95% interval, or a standard error
  std::string loss_is = "";  ///< "exact", "estimated" or "sampled"
  std::optional<OptimalityGap> gap = {};
  std::string label = "";  ///< of its instance, in a figure; empty: "instance 3"
};

/// The positions of the models of the lowest loss, one a law and kind, in the order of the laws; of snapshots
/// one an instance, its last.
std::vector<std::size_t> best_of_each_law(const std::vector<ModelNumbers>& models);

/// A row a model: where it stands, its law and mean density, loss, gap and D*; empty what is not known.
Table models_table(const std::vector<ModelNumbers>& models);

/// A row a model and feature: norm, bias, superposition and D_i.
Table features_table(const std::vector<ModelNumbers>& models);

/// Draws D* and every D_i, the loss, and the gap, as far as they are known: against the steps of snapshots,
/// else against 1/(1 − S), or of one density against the instances. Writes path.svg, .png, .gp and a caption,
/// path.txt; returns what they are drawn against, "step", "density" or "instance". Nothing is drawn of one
/// model: "". An empty title says n and m.
std::string draw_models(const std::filesystem::path& path, const std::vector<ModelNumbers>& models,
                        const std::string& title = "");

/// Writes folder/models.csv and features.csv, and draws folder/models.
void write_models(const std::filesystem::path& folder, const std::vector<ModelNumbers>& models);

}  // namespace digon
