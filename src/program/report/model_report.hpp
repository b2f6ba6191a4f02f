#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "core/files/model_file.hpp"
#include "core/model/feature_distribution.hpp"
#include "program/report/model_numbers.hpp"
#include "program/report/report_page.hpp"
#include "theory/optima/optimum_search.hpp"

namespace digon {

struct ModelReportOptions {
  std::filesystem::path model;  ///< as the user named it
  /// What else the user said of a model, or where it is none of all, by which a command is about the same:
  /// " --density 0.1".
  std::function<std::string(const LoadedModel*)> options_of;
  std::filesystem::path out;    ///< for figures
  OptimumSearchOptions search;  ///< for the optimum
};

/// A report, with the numbers it is made of.
struct ModelReport {
  Report page;
  std::vector<ModelNumbers> models;
  std::vector<std::string> best_files;  ///< of each model: where it stands alone; empty: it is not the best
};

/// All there is to say of trained weights. Of several models first what tells them apart: D* and D_i, loss
/// and gap against density, step or instance; then a section for the best of each law, or the last snapshot
/// of each instance: exact loss and its decomposition, named geometry, optimality gap, figures. Leaves
/// models.csv, features.csv, the figures, and the best model of each law as a file of its own,
/// best/density-P.safetensors, in the output folder. Throws Interrupted where a signal ended it.
ModelReport model_report(const ModelReportOptions& options, const std::vector<LoadedModel>& chosen,
                         const std::vector<FeatureDistribution>& features);

}  // namespace digon
