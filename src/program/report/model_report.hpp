#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/files/model_file.hpp"
#include "core/model/feature_distribution.hpp"
#include "program/report/report_page.hpp"
#include "theory/optima/optimum_search.hpp"

namespace digon {

struct ModelReportOptions {
  std::filesystem::path model;  ///< as the user named it
  std::filesystem::path out;    ///< for figures
  OptimumSearchOptions search;  ///< for the optimum
};

/// All there is to say of trained weights, a section an instance: exact loss and its decomposition, named
/// geometry, optimality gap, figures. Leaves the figures in the output folder. Throws Interrupted where
/// a signal ended it.
Report model_report(const ModelReportOptions& options, const std::vector<LoadedModel>& chosen,
                    const std::vector<FeatureDistribution>& features);

}  // namespace digon
